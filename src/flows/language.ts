import { languagesOf } from "../domain/languages.ts";
import { choose } from "../ussd/questions.ts";
import type { Visitor } from "./call.ts";

interface Spoken {
  readonly [key: string]: string;
  readonly code: string;
  /** The language's own name for itself. */
  readonly name: string;
}

/** One of the community's languages, each by its own name for itself. */
export const language = choose<Visitor, object, Spoken>({
  from: (call) => languagesOf(call),
  line: ({ name }) => ({ name }),
});
