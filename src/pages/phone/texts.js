// @ts-check
/** The conversation panel: texts, the send box, and hints of what to text. */
import { byId, clockTime, make } from "./dom.js";
import { rolesOf } from "./people.js";

/** @typedef {import("./inbox.js").AnyText} AnyText */
/** @typedef {import("./inbox.js").SentText} SentText */
/** @typedef {import("./people.js").Line} Line */

/** @type {Record<string, string[]>} */
const HINTS = {
  member: ["BAL", "HELP"],
  manager: ["OK <claim> <PIN>", "NO <claim> <reason> <PIN>"],
};
const SENT_STATES = { sending: "Sending…", sent: "Sent", failed: "Not sent." };

export class Texts {
  #panel = byId("texts", HTMLElement);
  #list = byId("conversation", HTMLElement);
  #form = byId("composer", HTMLFormElement);
  #box = byId("text", HTMLTextAreaElement);
  #hints = byId("hints", HTMLElement);
  /** @type {WeakMap<AnyText, HTMLElement>} */
  #bubbles = new WeakMap();
  #onSend;

  /** @param {(text: SentText | string) => void} onSend @param {() => void} onRead */
  constructor(onSend, onRead) {
    this.#onSend = onSend;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#box.value.trim();
      if (text) onSend(text);
      this.#box.value = "";
    });
    this.#box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    for (const attention of ["pointermove", "pointerdown", "focusin", "keydown"])
      this.#panel.addEventListener(attention, onRead);
  }

  /** @param {import("./people.js").Community} community */
  open({ name, ussd_code, sms_number: number }) {
    this.#list.replaceChildren();
    this.#form.hidden = !number;
    this.#box.value = "";
    byId("texts-with", HTMLElement).textContent = number ? `with ${number}` : "";
    byId("no-texts", HTMLElement).textContent = number
      ? "No texts yet. Receipts arrive here."
      : `${name} has no number to text. Dial ${ussd_code} instead.`;
  }

  /** @param {AnyText[]} texts */
  show(texts) {
    const before = this.#list.childElementCount;
    texts.forEach((text, place) => {
      const there = this.#list.children[place] ?? null;
      const bubble = this.#bubbleOf(text);
      if (bubble !== there) this.#list.insertBefore(bubble, there);
      if ("state" in text) this.#showState(text, bubble);
    });
    const scroller = this.#list.parentElement;
    if (texts.length > before) scroller?.scrollTo({ top: scroller.scrollHeight });
  }

  /** @param {number} count */
  showUnread(count) {
    for (const badge of document.querySelectorAll(".badge")) {
      badge.textContent = count ? `${count} new` : "";
    }
  }

  /** @param {string} trouble */
  showTrouble(trouble) {
    const told = byId("trouble", HTMLElement);
    // Told once: a screen reader would repeat it with every poll.
    if (told.textContent !== trouble) told.textContent = trouble;
  }

  /** @param {Line} line @param {string | undefined} claim */
  showHints(line, claim) {
    const pin = line.holders.find((holder) => holder.roles.includes("manager"))?.pin;
    const hints = rolesOf(line)
      .flatMap((role) => HINTS[role] ?? [])
      .map((hint) => hint.replace("<claim>", claim ?? "<claim>").replace("<PIN>", pin ?? "<PIN>"));
    // Left alone when unchanged, so that a poll never takes the focus from a hint.
    if (this.#hints.dataset["shown"] === hints.join()) return;
    this.#hints.dataset["shown"] = hints.join();
    const buttons = [...new Set(hints)].map((hint) =>
      make("button", { type: "button", textContent: hint, onclick: () => this.#fill(hint) }),
    );
    this.#hints.replaceChildren(...buttons);
  }

  /**
   * Puts the hint in the box and selects what is still to be said, such as <claim>.
   * @param {string} hint
   */
  #fill(hint) {
    this.#box.value = hint;
    this.#box.focus();
    const gap = /<\w+>/.exec(hint);
    if (gap) this.#box.setSelectionRange(gap.index, gap.index + gap[0].length);
  }

  /** @param {AnyText} text */
  #bubbleOf(text) {
    const bubble = this.#bubbles.get(text) ?? this.#makeBubble(text);
    this.#bubbles.set(text, bubble);
    return bubble;
  }

  /** @param {AnyText} text */
  #makeBubble(text) {
    const time = make("time", { dateTime: text.at, textContent: clockTime(new Date(text.at)) });
    const isReceived = "direction" in text && text.direction === "to-phone";
    return make(
      "li",
      { className: isReceived ? "received" : "sent" },
      make("p", { textContent: text.text }),
      make("footer", {}, time, make("span", { className: "state" })),
    );
  }

  /** @param {SentText} text @param {HTMLElement} bubble */
  #showState(text, bubble) {
    const label = bubble.querySelector(".state");
    if (!label || bubble.dataset["state"] === text.state) return;
    bubble.dataset["state"] = text.state;
    label.replaceChildren(SENT_STATES[text.state]);
    if (text.state !== "failed") return;
    const onclick = () => this.#onSend(text);
    label.append(make("button", { type: "button", textContent: "Try again", onclick }));
  }
}
