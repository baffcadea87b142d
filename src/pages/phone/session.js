// @ts-check
/** One USSD session as a handset lives it. */
import { newSessionId } from "./gateway.js";

const SESSION_MS = 180_000;

/** `wire` is the answer as the network carried it, which is what its length budget counts. */
/** @typedef {{ mode: "idle" | "busy" | "ask" | "end", text: string, wire?: string }} Screen */
/** @typedef {{ serviceCode: string, text: string }} Call */

/**
 * `*384*2255*1#` calls `*384*2255#` with "1" already answered. A code nobody owns is called as it is.
 * @param {string} dialled
 * @param {string[]} codes
 * @returns {Call | undefined}
 */
export function readDialled(dialled, codes) {
  if (!/^\*\d[\d*]*#$/.test(dialled)) return undefined;
  const owner = codes
    .filter((code) => dialled.startsWith(`${code.slice(0, -1)}*`))
    .sort((a, b) => b.length - a.length)[0];
  if (!owner) return { serviceCode: dialled, text: "" };
  return { serviceCode: owner, text: dialled.slice(owner.length, -1) };
}

/** @param {string} why @returns {Screen} */
function networkError(why) {
  return { mode: "end", text: `Network error\n\n${why} Press OK, then dial again.` };
}

/** @param {number} status @param {string} body @returns {Screen} */
function readAnswer(status, body) {
  if (status !== 200) return networkError(`The service answered ${status}.`);
  const [, kind, text] = /^(CON|END) ([^]+)$/.exec(body) ?? [];
  if (!kind || !text) return networkError("The answer was not a screen (CON or END).");
  return { mode: kind === "CON" ? "ask" : "end", text, wire: body };
}

/** @param {unknown} error */
function unanswered(error) {
  const late = error instanceof DOMException && error.name === "TimeoutError";
  return networkError(late ? "No answer within 10 seconds." : "The service cannot be reached.");
}

export class UssdSession {
  #gateway;
  #call;
  #show;
  /** @type {string[]} */
  #inputs;
  #over = false;
  #clock;

  /**
   * @param {import("./gateway.js").Gateway} gateway
   * @param {string} phoneNumber
   * @param {Call} call
   * @param {(screen: Screen) => void} show
   */
  constructor(gateway, phoneNumber, { serviceCode, text }, show) {
    this.#gateway = gateway;
    this.#call = { sessionId: newSessionId(), phoneNumber, serviceCode };
    this.#inputs = text ? [text] : [];
    this.#show = show;
    this.#clock = setTimeout(() => this.#expire(), SESSION_MS);
    void this.#turn();
  }

  /** @param {string} input */
  answer(input) {
    this.#inputs.push(input);
    void this.#turn();
  }

  /** The End key tells the service nothing: a real network sends no callback either. */
  hangUp() {
    this.#over = true;
    clearTimeout(this.#clock);
  }

  async #turn() {
    this.#show({ mode: "busy", text: "USSD code running" });
    const turn = { ...this.#call, text: this.#inputs.join("*") };
    const screen = await this.#gateway
      .ussd(turn)
      .then(({ status, body }) => readAnswer(status, body), unanswered);
    if (this.#over) return;
    if (screen.mode === "end") this.hangUp();
    this.#show(screen);
  }

  #expire() {
    this.hangUp();
    this.#show({
      mode: "end",
      text: "Session ended\n\nA session lasts three minutes. Press OK, then dial again.",
    });
  }
}
