// @ts-check
/** What the page sends to the service: the very forms that Africa's Talking posts. */

// A network gives the service ten seconds; a handset then shows an error.
const PATIENCE_MS = 10_000;
const UNKNOWN_NETWORK = "99999";
const NETWORKS = new Map([
  ["+254", "63902"],
  ["+233", "62001"],
  ["+91", "40445"],
  ["+1", "310260"],
]);

/** @typedef {{ seq: number, direction: "to-phone" | "from-phone", other: string, text: string, at: string }} Message */
/** @typedef {{ id: string, linkId: string, from: string, to: string, text: string, at: string }} OutgoingText */
/** @typedef {{ sessionId: string, phoneNumber: string, serviceCode: string, text: string }} UssdTurn */

/** @param {string} phone */
function networkCodeOf(phone) {
  for (const [prefix, code] of NETWORKS) if (phone.startsWith(prefix)) return code;
  return UNKNOWN_NETWORK;
}

// Not crypto.randomUUID: browsers withhold it from a page opened over plain http by another machine.
function randomHex() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newSessionId() {
  return `ATUid_${randomHex()}`;
}

export function newUuid() {
  return randomHex().replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-a$4-$5");
}

export class Gateway {
  #callbacks;
  #simulator;

  /** @param {{ callbacks: string, simulator: string }} paths */
  constructor({ callbacks, simulator }) {
    this.#callbacks = callbacks;
    this.#simulator = simulator;
  }

  /** @param {UssdTurn} turn */
  async ussd(turn) {
    const networkCode = networkCodeOf(turn.phoneNumber);
    const response = await this.#post("ussd", { ...turn, networkCode });
    return { status: response.status, body: await response.text() };
  }

  /** @param {OutgoingText} outgoing */
  async sms({ at, ...text }) {
    const date = at.slice(0, 19).replace("T", " ");
    const networkCode = networkCodeOf(text.from);
    const response = await this.#post("sms", { date, ...text, cost: "KES 0.0000", networkCode });
    if (!response.ok) throw new Error(`The service answered ${response.status}`);
  }

  /** @param {string} phone @param {number} after @returns {Promise<Message[]>} */
  async messages(phone, after) {
    const url = `${this.#simulator}/phones/${encodeURIComponent(phone)}/messages?after=${after}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error(`The simulator answered ${response.status}`);
    return (await response.json()).messages;
  }

  /** @param {string} path @param {Record<string, string>} fields */
  #post(path, fields) {
    return fetch(`${this.#callbacks}/${path}`, {
      method: "POST",
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }
}
