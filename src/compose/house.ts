import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import type { Say } from "../domain/context.ts";
import type { Gates } from "../http/gate.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { TextNews } from "../outbox/sending.ts";
import type { Words } from "../words/words.ts";
import type { Parts } from "./parts.ts";

/** What the rooms of one process share. */
export interface House {
  readonly parts: Parts;
  readonly words: Words;
  readonly say: Say;
  readonly pepper: Buffer;
  readonly db: Kysely<DB>;
  /** After a commit that may have written texts. */
  readonly nudge: () => void;
  readonly gates: Gates;
  readonly metrics: Metrics;
  /** Told of each text whose state moved, once that is stored. */
  readonly onNews: (texts: readonly TextNews[]) => void;
  /** Told of what fails behind everybody's back; it is tried again by itself. */
  readonly onError: (error: unknown) => void;
}
