// @ts-check
/** The texts of one phone: those the simulator delivered, and those sent from this page. */
import { newUuid } from "./gateway.js";

/** @typedef {import("./gateway.js").OutgoingText & { state: "sending" | "sent" | "failed" }} SentText */
/** @typedef {import("./gateway.js").Message | SentText} AnyText */

export class Inbox {
  unread = 0;
  #gateway;
  #phone;
  /** @type {import("./gateway.js").Message[]} */
  #delivered = [];
  /** @type {SentText[]} */
  #sent = [];
  #hasHistory = false;

  /** @param {import("./gateway.js").Gateway} gateway @param {string} phone */
  constructor(gateway, phone) {
    this.#gateway = gateway;
    this.#phone = phone;
  }

  /** @returns {AnyText[]} */
  get texts() {
    return [...this.#delivered, ...this.#sent].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  async refresh() {
    const messages = await this.#gateway.messages(this.#phone, this.#lastSeq);
    // Two refreshes may overlap when the phone changes hands quickly.
    const fresh = messages.filter((message) => message.seq > this.#lastSeq);
    this.#delivered.push(...fresh);
    const arrived = fresh.filter((message) => message.direction === "to-phone");
    if (this.#hasHistory) this.unread += arrived.length;
    this.#hasHistory = true;
  }

  /** @param {string} to @param {string} text @returns {SentText} */
  write(to, text) {
    const at = new Date().toISOString();
    const [id, linkId] = [newUuid(), newUuid()];
    /** @type {SentText} */
    const written = { id, linkId, from: this.#phone, to, text, at, state: "sending" };
    this.#sent.push(written);
    return written;
  }

  /**
   * Sending the same text again keeps its id: the first try may have arrived after all.
   * @param {SentText} text
   */
  async send(text) {
    text.state = "sending";
    const { state: _, ...outgoing } = text;
    text.state = await this.#gateway.sms(outgoing).then(
      () => "sent",
      () => "failed",
    );
  }

  /** The code of the claim that the newest text asks to confirm. */
  get waitingClaim() {
    const codes = this.#delivered.map(
      ({ text }) => /\bOK (?!PIN\b)([A-Z0-9]{3,8})\b/.exec(text)?.[1],
    );
    return codes.findLast(Boolean);
  }

  get #lastSeq() {
    return this.#delivered.at(-1)?.seq ?? 0;
  }
}
