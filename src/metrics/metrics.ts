import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { cached } from "./cached.ts";

/** Labels are names out of the code, or of a currency: never a person, a number or a community. */

/** Numbers that take asking, each with how it is asked. */
export interface Readings {
  /** Of the database. */
  readonly stock: () => Promise<Stock>;
  /** Texts in the queue. */
  readonly queue: () => Promise<number>;
  /** Whether the gateway is left alone for now. */
  readonly gatewayClosed: () => boolean;
}

export interface Stock {
  /** Texts that wait to be sent, counted up to some ten thousand. */
  readonly queued: number;
  /** How long the oldest of them has waited; 0 when there is none. */
  readonly oldest_s: number;
  readonly pins_locked: number;
  readonly pins_blocked: number;
}

/** What wrapped work tells of itself. */
interface Told {
  readonly outcome: string;
  readonly flow?: string | undefined;
  readonly command?: string | undefined;
}

type Work<A extends readonly unknown[], T> = (...args: A) => Promise<T>;
type Wrap = <A extends readonly unknown[], T extends Told>(work: Work<A, T>) => Work<A, T>;

export interface Metrics {
  readonly registry: Registry;
  /** Each counts and times work, and changes nothing of it. */
  readonly turns: Wrap;
  readonly texts: Wrap;
  readonly reports: Wrap;
  /** Somebody was turned away because there is too much to do. */
  readonly shed: (what: "turn" | "text" | "report" | "admin") => void;
  /** A callback was not taken. */
  readonly refused: (why: "address" | "secret" | "unreadable") => void;
  /** Texts that were sent or settled. */
  readonly textsMoved: (
    texts: readonly {
      readonly state: string;
      readonly segments: number;
      readonly cost?: { readonly currency: string; readonly amount: string } | null;
    }[],
  ) => void;
  /** As Prometheus reads it. It never fails: what could not be read is left out. */
  readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** Up to the 8 s after which a caller is no longer there. */
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 8];
/** Prometheus asks every 15 s or so; several of them, and people, may ask in between. */
const readings_kept_ms = 5_000;
const readings_wait_ms = 1_000;

/** Of the process, however many services are in it. */
let ofProcess: Registry | undefined;

function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

export function makeMetrics(readings: Readings): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const shed = new Counter({
    name: "soccs_shed_total",
    help: "Turned away before anything was done, since there was too much to do.",
    labelNames: ["what"],
    registers,
  });
  const refused = new Counter({
    name: "soccs_callbacks_refused_total",
    help: "Callbacks from elsewhere, without the secret, or that could not be read.",
    labelNames: ["why"],
    registers,
  });
  // There from the beginning: of a series that begins with its first event no increase is seen.
  for (const why of ["address", "secret", "unreadable"]) refused.inc({ why }, 0);
  const moved = new Counter({
    name: "soccs_texts_total",
    help: "Texts by the state they were moved to by a send or a report.",
    labelNames: ["state"],
    registers,
  });
  const segments = new Counter({
    name: "soccs_text_segments_total",
    help: "Segments of those texts: what the network charges for, once each for sent.",
    labelNames: ["state"],
    registers,
  });
  const costs = new Counter({
    name: "soccs_text_cost_total",
    help: "What the gateway said that sent texts cost. The table of messages has it exactly.",
    labelNames: ["currency"],
    registers,
  });
  addReadings(registry, readings);
  const wrapped = (name: string, help: string, what: "turn" | "text" | "report"): Wrap => {
    const by = what === "turn" ? "flow" : "command";
    const labelNames = what === "report" ? ["outcome"] : [by, "outcome"];
    const times = new Histogram({ name, help, labelNames, buckets, registers });
    const note = (began: number, { outcome, [by]: called = "none" }: Told): void => {
      const labels = what === "report" ? { outcome } : { [by]: called, outcome };
      times.observe(labels, (performance.now() - began) / 1000);
      if (outcome === "busy") shed.inc({ what });
    };
    return (work) =>
      async (...args) => {
        const began = performance.now();
        try {
          const told = await work(...args);
          note(began, told);
          return told;
        } catch (error) {
          note(began, { outcome: "failed" });
          throw error;
        }
      };
  };
  return {
    registry,
    turns: wrapped("soccs_turn_seconds", "USSD turns by flow and outcome.", "turn"),
    texts: wrapped("soccs_inbound_text_seconds", "Texts taken, by command and outcome.", "text"),
    reports: wrapped("soccs_report_seconds", "Delivery reports taken, by outcome.", "report"),
    shed: (what) => shed.inc({ what }),
    refused: (why) => refused.inc({ why }),
    textsMoved: (texts) => {
      for (const { state, segments: count, cost } of texts) {
        moved.inc({ state });
        segments.inc({ state }, count);
        if (cost) costs.inc({ currency: cost.currency }, Number(cost.amount));
      }
    },
    scrape: async () => {
      const all = Registry.merge([processRegistry(), registry]);
      return { type: all.contentType, text: await all.metrics() };
    },
  };
}

/** Gauges of what takes asking. They are the same in every process: take the greatest, not the sum. */
function addReadings(registry: Registry, readings: Readings): void {
  const registers = [registry];
  const failed = new Counter({
    name: "soccs_readings_failed_total",
    help: "Readings that could not be had; their gauges are left out.",
    labelNames: ["reading"],
    registers,
  });
  const read = <T>(reading: string, ask: () => Promise<T>) =>
    cached(ask, {
      keep_ms: readings_kept_ms,
      wait_ms: readings_wait_ms,
      onError: () => failed.inc({ reading }),
    });
  const stock = read("database", readings.stock);
  const queue = read("queue", readings.queue);
  const gauge = (name: string, help: string, value: () => Promise<number | undefined>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const found = await value();
        // Nothing rather than a nought that nobody counted.
        if (found === undefined) this.remove();
        else this.set(found);
      },
    });
  gauge("soccs_texts_queued", "Texts that wait to be sent, counted up to 10,000.", async () => {
    return (await stock())?.queued;
  });
  gauge("soccs_texts_oldest_seconds", "How long the oldest of them has waited.", async () => {
    return (await stock())?.oldest_s;
  });
  gauge("soccs_pins_locked", "PINs locked for 15 minutes (R27).", async () => {
    return (await stock())?.pins_locked;
  });
  gauge("soccs_pins_blocked", "PINs blocked until a manager resets them (R27).", async () => {
    return (await stock())?.pins_blocked;
  });
  gauge("soccs_queue_jobs", "Texts in the queue, those being sent included.", queue);
  gauge("soccs_gateway_closed", "1 while the gateway takes no texts and they wait.", () =>
    Promise.resolve(Number(readings.gatewayClosed())),
  );
}
