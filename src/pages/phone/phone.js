// @ts-check
/** The page: one person's phone, wired to the service. */
import { byId } from "./dom.js";
import { Gateway } from "./gateway.js";
import { Handset } from "./handset.js";
import { Inbox } from "./inbox.js";
import { People, nameOf } from "./people.js";
import { Picker } from "./picker.js";
import { UssdSession, readDialled } from "./session.js";
import { Texts } from "./texts.js";

const POLL_MS = 1000;
const STEPS_KEY = "soccs-phone-steps";

/** @typedef {import("./people.js").Directory} Directory */
/** @typedef {import("./people.js").Line} Line */
/** @typedef {import("./inbox.js").SentText} SentText */

/** @param {import("./people.js").Community} community */
function idleText({ name, ussd_code, sms_number }) {
  const advice = ussd_code ? `Press Call for\n${ussd_code}` : `Texts only.\nText ${sms_number}`;
  return `${name}\n\n${advice}`;
}

class Page {
  #gateway;
  #people;
  #picker;
  #texts = new Texts(
    (text) => this.#sendText(text),
    () => this.#markRead(),
  );
  #handset = new Handset(
    (mode, entry) => this.#pressMain(mode, entry),
    () => this.#endCall(),
  );
  #line;
  /** @type {Map<string, Inbox>} */
  #inboxes = new Map();
  /** @type {UssdSession | undefined} */
  #session;

  /** @param {Directory} directory @param {People} people @param {Line} line */
  constructor(directory, people, line) {
    this.#gateway = new Gateway(directory);
    this.#people = people;
    this.#picker = new Picker(people, (hash) => this.#openAt(hash));
    this.#line = line;
    this.#open(line);
    window.addEventListener("hashchange", () => this.#openAt(location.hash));
    document.addEventListener("visibilitychange", () => void this.#refresh());
    void this.#poll();
  }

  /** @param {Line} line */
  #open(line) {
    this.#line = line;
    history.replaceState(null, "", this.#people.hashOf(line));
    this.#picker.show(line);
    this.#texts.open(line.community);
    this.#endCall();
    this.#showTexts();
    void this.#refresh();
  }

  /** @param {string} hash */
  #openAt(hash) {
    this.#open(this.#people.at(hash) ?? this.#line);
  }

  get #inbox() {
    const { phone } = this.#line;
    const inbox = this.#inboxes.get(phone) ?? new Inbox(this.#gateway, phone);
    this.#inboxes.set(phone, inbox);
    return inbox;
  }

  /** @param {import("./session.js").Screen["mode"]} mode @param {string} entry */
  #pressMain(mode, entry) {
    if (mode === "end") this.#endCall();
    else if (mode === "idle") this.#dial(entry);
    else if (mode === "ask" && entry) this.#session?.answer(entry);
  }

  /** @param {string} entry */
  #dial(entry) {
    const { phone, community } = this.#line;
    const { name, ussd_code: ownCode, sms_number } = community;
    if (!ownCode) return this.#tell(`${name} has no code to dial.`, `Text HELP to ${sms_number}.`);
    if (!entry) return this.#handset.type(ownCode);
    const codes = this.#people.communities.flatMap(({ ussd_code }) => ussd_code ?? []);
    const call = readDialled(entry, codes);
    const advice = `Press OK, then dial ${ownCode}`;
    if (!call) return this.#tell("This phone calls codes only.", advice);
    const show = this.#handset.show.bind(this.#handset);
    this.#session = new UssdSession(this.#gateway, phone, call, show);
  }

  /** @param {string} trouble @param {string} advice */
  #tell(trouble, advice) {
    this.#handset.show({ mode: "end", text: `${trouble}\n\n${advice}` });
  }

  #endCall() {
    this.#session?.hangUp();
    this.#session = undefined;
    this.#handset.show({ mode: "idle", text: idleText(this.#line.community) });
  }

  /**
   * A new text, or one that failed and is tried again.
   * @param {SentText | string} text
   */
  async #sendText(text) {
    const inbox = this.#inbox;
    const sent =
      typeof text === "string" ? inbox.write(this.#line.community.sms_number ?? "", text) : text;
    const sending = inbox.send(sent);
    this.#showTexts();
    await sending;
    this.#showTexts();
  }

  async #poll() {
    if (!document.hidden) await this.#refresh();
    setTimeout(() => void this.#poll(), POLL_MS);
  }

  async #refresh() {
    const inbox = this.#inbox;
    const trouble = await inbox.refresh().then(
      () => "",
      () => "New texts cannot be fetched. Check that the service is running; trying again.",
    );
    if (inbox !== this.#inbox) return;
    this.#texts.showTrouble(trouble);
    this.#showTexts();
  }

  #markRead() {
    this.#inbox.unread = 0;
    this.#showUnread();
  }

  #showTexts() {
    this.#texts.show(this.#inbox.texts);
    this.#texts.showHints(this.#line, this.#inbox.waitingClaim);
    this.#showUnread();
  }

  #showUnread() {
    const { unread } = this.#inbox;
    this.#texts.showUnread(unread);
    this.#handset.showUnread(unread);
    document.title = `${unread ? `(${unread}) ` : ""}${nameOf(this.#line)}: SoCCs by phone`;
  }
}

function rememberSteps() {
  const steps = byId("steps", HTMLDetailsElement);
  steps.open = localStorage.getItem(STEPS_KEY) !== "hidden";
  steps.addEventListener("toggle", () =>
    localStorage.setItem(STEPS_KEY, steps.open ? "shown" : "hidden"),
  );
}

// Not links: the address hash is taken by the number.
function wireJumps() {
  for (const button of document.querySelectorAll(".jump button")) {
    const target = byId(button.getAttribute("value") ?? "", HTMLElement);
    button.addEventListener("click", () => target.scrollIntoView());
  }
}

async function start() {
  const response = await fetch("/phone/people.json");
  if (!response.ok) throw new Error(`people.json answered ${response.status}`);
  /** @type {Directory} */
  const directory = await response.json();
  const people = new People(directory);
  const line = people.at(location.hash) ?? people.lines[0];
  if (!line) throw new Error("people.json names nobody");
  new Page(directory, people, line);
}

rememberSteps();
wireJumps();
start().catch((/** @type {unknown} */ error) => {
  byId("stopped", HTMLElement).hidden = false;
  byId("phone", HTMLElement).hidden = true;
  throw error;
});
