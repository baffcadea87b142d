import { flow } from "../ussd/flow.ts";
import { pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** What a manager does beside confirming claims. */
export const manage = flow<Caller>("manage")
  .ask(
    "choice",
    pick<
      Caller,
      object,
      | "record"
      | "enrol"
      | "joins"
      | "settle"
      | "reset"
      | "witness"
      | "move"
      | "disputes"
      | "propose"
    >({
      keys: {
        record: 1,
        enrol: 2,
        joins: 3,
        settle: 4,
        reset: 5,
        witness: 6,
        move: 7,
        disputes: 8,
        propose: 9,
      },
    }),
  )
  .tell(({ choice }) => ({ type: choice }), {
    record: { go: "record" },
    enrol: { go: "enrol" },
    joins: { go: "joins" },
    settle: { go: "settle" },
    reset: { go: "reset" },
    witness: { go: "witness" },
    move: { go: "move" },
    disputes: { go: "disputes" },
    propose: { go: "propose" },
  });
