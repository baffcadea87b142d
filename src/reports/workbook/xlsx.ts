import { Worker } from "node:worker_threads";

/** A table with a title for each column. */
export interface Sheet {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly title: string;
  /** In characters. */
  readonly width: number;
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Sums up the others. */
  readonly is_total?: true;
}

/** A text, a whole number, a clock on the wall in milliseconds as if that were UTC, or money. */
export type Cell =
  | string
  | number
  | null
  | { readonly day: number }
  | { readonly month: number }
  | { readonly moment: number }
  | { readonly cents: number };

/** Enough for a hundred thousand lines; a thread that needs more ends, and the process does not. */
const heap_max_mb = 512;

/**
 * Writes an xlsx file, in a thread of its own: it takes seconds for a long one, in which nobody who
 * dials should wait.
 */
export const writeXlsx = (sheets: readonly Sheet[]): Promise<Uint8Array> =>
  new Promise((done, fail) => {
    const writer = new Worker(new URL("./xlsx-writer.ts", import.meta.url), {
      workerData: sheets,
      resourceLimits: { maxOldGenerationSizeMb: heap_max_mb },
    });
    writer.once("message", done);
    writer.once("error", fail);
    // After a message this says nothing new.
    writer.once("exit", (code) => fail(new Error(`the writer of a workbook ended with ${code}`)));
  });
