/** What a caller saw of one key press. */
export type Seen =
  | { readonly type: "con" | "end"; readonly text: string }
  /** `END … nothing was taken`: certainly nothing was. */
  | { readonly type: "nothing-taken" }
  /** `END …` that leaves open whether it was done. */
  | { readonly type: "unsure" }
  /** The connection broke on the way, at the proxy or behind it. */
  | { readonly type: "cut" }
  /** No answer within the gateway's ten seconds. */
  | { readonly type: "late" }
  /** Anything but 200 and `CON` or `END`. */
  | { readonly type: "wrong"; readonly text: string };

export type DialledAct = "claim" | "confirm" | "send" | "redeem";

/** One act by dialling, as its caller knows it. */
export interface Dialled {
  readonly act: DialledAct;
  readonly session_id: string;
  /**
   * Done and refused are what was said. Nothing taken: the service said so. Open: nobody knows, since
   * the answer to the last press did not come, or said so.
   */
  readonly outcome: "done" | "refused" | "nothing-taken" | "open";
  /** What the screen said: a receipt's code, a claim's; empty where the screen has none. */
  readonly code: string;
  /** When its last press was answered, or not. */
  readonly ended_at: Date;
}

export type TextedAct = "claim" | "confirm" | "hand-over";

/** One act by text: the gateway delivers it until it is answered 200. */
export interface Texted {
  readonly act: TextedAct;
  readonly id: string;
}

/** How one phase went for those who dialled. */
export interface PhaseCount {
  readonly name: string;
  /** Milliseconds on the one clock of the run, as all times here. */
  readonly began_at: number;
  /** How long each press took; those that ended in the phase are counted in it. */
  readonly took_ms: number[];
  /** Ended with an apology. */
  apologies: number;
  cut: number;
  late: number;
  wrong: number;
  /** When the last press of the phase was not answered as it should be. */
  last_bad_at: number | undefined;
  /** The longest time of the phase in which no text went out, while there always are some. */
  texts_pause_ms: number;
  first_wrong?: string;
}

/** The callers' own record of a run, to hold the ledger against. */
export interface Record {
  readonly dialled: Dialled[];
  readonly texted: Texted[];
  readonly phases: PhaseCount[];
  /** From now on presses count for this phase. */
  readonly begin: (name: string) => PhaseCount;
  /** Counts one press. */
  readonly note: (seen: Seen, took_ms: number) => void;
  /** Notes that for so long, up to now, no text has gone out. */
  readonly noteTexts: (pause_ms: number) => void;
}

export function openRecord(first: string): Record {
  const phases: PhaseCount[] = [];
  const begin = (name: string): PhaseCount => {
    const phase: PhaseCount = {
      ...{ name, began_at: performance.now(), last_bad_at: undefined, texts_pause_ms: 0 },
      ...{ took_ms: [], apologies: 0, cut: 0, late: 0, wrong: 0 },
    };
    phases.push(phase);
    return phase;
  };
  begin(first);
  return {
    dialled: [],
    texted: [],
    phases,
    begin,
    noteTexts: (pause_ms) => {
      const phase = phases.at(-1)!;
      const within_ms = Math.min(pause_ms, performance.now() - phase.began_at);
      phase.texts_pause_ms = Math.max(phase.texts_pause_ms, within_ms);
    },
    note: (seen, took_ms) => {
      const phase = phases.at(-1)!;
      phase.took_ms.push(took_ms);
      switch (seen.type) {
        case "con":
        case "end":
          return;
        case "nothing-taken":
        case "unsure":
          phase.apologies += 1;
          break;
        case "wrong":
          phase.wrong += 1;
          phase.first_wrong ??= seen.text;
          break;
        case "cut":
        case "late":
          phase[seen.type] += 1;
          break;
      }
      phase.last_bad_at = performance.now();
    },
  };
}
