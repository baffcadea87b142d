// @ts-check
/** The phone itself: its screen, its keys, and the computer keyboard standing in for them. */
import { byId, clockTime } from "./dom.js";
import { measure } from "./septets.js";

/** @typedef {import("./session.js").Screen} Screen */

const MAIN_KEY = { idle: "Call", busy: "Wait", ask: "Send", end: "OK" };
// The longest answer that networks carry.
const INPUT_LENGTH = 80;

/** @param {EventTarget | null} target */
function takesTyping(target) {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

export class Handset {
  #body = byId("handset", HTMLFormElement);
  #shown = byId("shown", HTMLElement);
  #entry = byId("entry", HTMLInputElement);
  #main = byId("main-key", HTMLButtonElement);
  #softMain = byId("soft-main", HTMLElement);
  #budget = byId("budget", HTMLElement);
  #keys = new Map(
    [...this.#body.querySelectorAll("button")].map((button) => [button.dataset["key"], button]),
  );
  /** @type {Screen["mode"]} */
  #mode = "idle";
  #onEnd;

  /** @param {(mode: Screen["mode"], entry: string) => void} onMain @param {() => void} onEnd */
  constructor(onMain, onEnd) {
    this.#onEnd = onEnd;
    this.#body.addEventListener("submit", (event) => {
      event.preventDefault();
      onMain(this.#mode, this.#entry.value);
    });
    // Keeps the focus where it is, so that Enter still means Call after the mouse typed a number.
    this.#body.addEventListener("pointerdown", (event) => {
      if (event.target instanceof Element && event.target.closest("button")) event.preventDefault();
    });
    this.#body.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("button");
      if (button && button.dataset["key"]) this.#press(button.dataset["key"]);
    });
    this.#entry.addEventListener("input", () => this.#keepDialable());
    document.addEventListener("keydown", (event) => this.#onKeydown(event));
    document.addEventListener("keyup", (event) => this.#light(event.key, false));
    this.#tick();
  }

  /** @param {Screen} screen */
  show({ mode, text, wire }) {
    const hadFocus = this.#body.contains(document.activeElement);
    this.#mode = mode;
    this.#body.dataset["mode"] = mode;
    this.#shown.textContent = text;
    this.#shown.scrollTop = 0;
    this.#entry.value = "";
    this.#entry.hidden = mode === "busy" || mode === "end";
    this.#entry.inputMode = mode === "ask" ? "text" : "none";
    this.#entry.ariaLabel = mode === "ask" ? "Your answer" : "Number to dial";
    this.#main.ariaLabel = MAIN_KEY[mode];
    this.#softMain.textContent = MAIN_KEY[mode];
    this.#showBudget(wire);
    if (hadFocus) (this.#entry.hidden ? this.#main : this.#entry).focus({ preventScroll: true });
  }

  /** @param {string} text */
  type(text) {
    if (this.#entry.hidden) return;
    const { selectionStart, selectionEnd, value } = this.#entry;
    if (value.length + text.length > INPUT_LENGTH) return;
    const end = selectionEnd ?? value.length;
    this.#entry.setRangeText(text, selectionStart ?? end, end, "end");
    this.#entry.scrollLeft = this.#entry.scrollWidth;
  }

  /** @param {number} count */
  showUnread(count) {
    const envelope = byId("envelope", HTMLElement);
    envelope.hidden = count === 0;
    envelope.textContent = `✉ ${count}`;
    envelope.ariaLabel = `${count} new texts`;
  }

  /** @param {string} key */
  #press(key) {
    if (key === "Escape") this.#onEnd();
    else if (key === "Backspace") this.#erase();
    else this.type(key);
  }

  #erase() {
    const { selectionStart, selectionEnd, value } = this.#entry;
    const end = selectionEnd ?? value.length;
    const start = selectionStart === end ? Math.max(0, end - 1) : (selectionStart ?? end);
    this.#entry.setRangeText("", start, end, "end");
  }

  #keepDialable() {
    if (this.#mode === "idle") this.#entry.value = this.#entry.value.replace(/[^\d*#+]/g, "");
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    const { key, target } = event;
    const typesElsewhere = takesTyping(target) && target !== this.#entry;
    if (typesElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    this.#light(key, true);
    if (key === "Escape") return this.#onEnd();
    if (target === this.#entry) return;
    const isControl = target instanceof Element && target.matches("button, a, summary");
    if (key === "Enter" && !isControl) this.#body.requestSubmit();
    else if (key !== "Enter" && this.#keys.has(key)) this.#press(key);
  }

  /** @param {string} key @param {boolean} isDown */
  #light(key, isDown) {
    this.#keys.get(key)?.classList.toggle("down", isDown);
  }

  /** @param {string | undefined} wire */
  #showBudget(wire) {
    const { length, budget } = measure(wire ?? "");
    this.#budget.textContent = wire ? `${length}/${budget}` : "";
    this.#budget.title = "Length as the network counts it, with its CON or END";
    this.#budget.classList.toggle("over", length > budget);
  }

  #tick() {
    byId("clock", HTMLElement).textContent = clockTime(new Date());
    setTimeout(() => this.#tick(), 10_000);
  }
}
