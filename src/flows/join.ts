import { askToJoin, readName } from "../domain/joining.ts";
import { END, flow, type Fields, type Question } from "../ussd/flow.ts";
import { confirm, typed } from "../ussd/questions.ts";
import type { Visitor } from "./call.ts";
import { language } from "./language.ts";

/** A phone that is nobody's here: first its language. */
export const stranger = flow<Visitor>("stranger")
  .ask("language", language)
  .tell(({ language }) => ({ type: "spoken", speaks: language.code }), {
    spoken: { go: "join" },
  });

/** The name a person is to be known by. */
export const typedName = <Deps extends Visitor>(
  fields?: (call: Deps) => Promise<Fields>,
): Question<Deps, object, string> =>
  typed({
    hints: ["not-a-name"],
    ...(fields && { fields }),
    read: (reply) => {
      const value = readName(reply);
      return value === undefined ? { type: "unread", hint: "not-a-name" } : { type: "read", value };
    },
  });

/** Asks the managers to be let in (R26). */
export const join = flow<Visitor>("join")
  .ask("name", typedName())
  .ask(
    "agreed",
    confirm(({ name }, { community }) => ({ name, community: community.name })),
  )
  .act(
    ({ name }, call) => {
      const language = call.spoken ?? call.community.languages[0] ?? "en";
      return askToJoin(call, {
        once: call.once,
        phone: call.phone,
        name,
        language,
        guardian: null,
      });
    },
    { asked: END, "asked-before": END, "too-many-asked": END },
  );
