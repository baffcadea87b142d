// @ts-check
/** Choosing whose phone this is, and the card that reminds of their number and demo PIN. */
import { byId, make } from "./dom.js";
import { nameOf, rolesOf } from "./people.js";

/** @typedef {import("./people.js").Line} Line */

const ANOTHER = "another";

/** @param {string} phone */
function spaced(phone) {
  return phone.replace(/^(\+(?:1|91|\d{3}))(\d{3})(\d{3})(\d+)$/, "$1 $2 $3 $4");
}

/**
 * Everybody is a member: what else they are tells them apart.
 * @param {Line} line
 */
function labelOf(line) {
  const others = rolesOf(line).filter((role) => role !== "member");
  return `${nameOf(line)}, ${others.join(" and ") || "member"}`;
}

/** @param {string} term @param {string} value */
function fact(term, value) {
  return make("div", {}, make("dt", { textContent: term }), make("dd", { textContent: value }));
}

const STRANGER = { name: "A new number", roles: ["not a member yet"], pin: "none" };

/** @param {Pick<Line["holders"][number], "name" | "roles" | "pin">} holder */
function reminder({ name, roles, pin }) {
  return make(
    "div",
    { className: "holder" },
    make("p", { className: "holder-name", textContent: name }),
    make("p", { className: "holder-role", textContent: roles.join(" and ") }),
    make("p", { className: "pin" }, "Demo PIN ", make("b", { textContent: pin })),
  );
}

export class Picker {
  #people;
  #select = byId("picker", HTMLSelectElement);
  #stranger = byId("stranger", HTMLFormElement);
  #number = byId("stranger-number", HTMLInputElement);
  #community = byId("stranger-community", HTMLSelectElement);
  #second = byId("second", HTMLAnchorElement);

  /** @param {import("./people.js").People} people @param {(hash: string) => void} onChoose */
  constructor(people, onChoose) {
    this.#people = people;
    this.#fillSelects();
    this.#select.addEventListener("change", () => {
      if (this.#select.value !== ANOTHER) return onChoose(this.#select.value);
      this.#stranger.hidden = false;
      this.#number.focus();
    });
    this.#stranger.addEventListener("submit", (event) => {
      event.preventDefault();
      onChoose(`#${this.#number.value.replace(/\s/g, "")}@${this.#community.value}`);
    });
    this.#second.addEventListener("click", (event) => {
      event.preventDefault();
      window.open(this.#second.href, "_blank", "popup,width=480,height=880");
    });
  }

  /** @param {Line} line */
  show(line) {
    const isStranger = line.holders.length === 0;
    this.#stranger.hidden = !isStranger;
    this.#select.value = isStranger ? ANOTHER : this.#people.hashOf(line);
    if (isStranger) {
      this.#number.value = line.phone;
      this.#community.value = line.community.slug;
    }
    this.#showCard(line);
    this.#showSecond(this.#people.counterpartOf(line));
  }

  /** @param {Line} line */
  #showCard({ phone, community, holders }) {
    const cards = (holders.length > 0 ? holders : [STRANGER]).map(reminder);
    byId("holders", HTMLElement).replaceChildren(...cards);
    byId("facts", HTMLElement).replaceChildren(
      fact("Number", spaced(phone)),
      fact("Community", community.name),
      fact("Dial", community.ussd_code ?? "no code: texts only"),
      fact("Text", community.sms_number ?? "no number: dialling only"),
    );
  }

  /** @param {Line | undefined} other */
  #showSecond(other) {
    this.#second.href = other ? this.#people.hashOf(other) : "#";
    this.#second.textContent = `Open a second phone${other ? ` as ${labelOf(other)}` : ""}`;
  }

  #fillSelects() {
    for (const { slug, name } of this.#people.communities) {
      const options = this.#people.lines
        .filter((line) => line.community.slug === slug)
        .map((line) => new Option(labelOf(line), this.#people.hashOf(line)));
      this.#select.append(make("optgroup", { label: name }, ...options));
      this.#community.append(new Option(name, slug));
    }
    this.#select.append(new Option("Another number…", ANOTHER));
  }
}
