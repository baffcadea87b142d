import { z } from "zod";
import { erasePerson } from "../../domain/erasing.ts";
import { blockWords } from "../../domain/erasing-blocks.ts";
import { exportInSnapshot } from "../../domain/personal-data.ts";
import { conflict } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn } from "../shapes.ts";
import { erased_before, no_such_member } from "./members.ts";

const exported = z
  .object({
    community: z.string(),
    exported_at: z.date(),
    parts: z
      .record(z.string(), z.array(z.record(z.string(), z.unknown())).readonly())
      .describe("By part, such as `member`, `claims`, `book` and `texts`; the oldest first."),
    cut_off: z.array(z.string()).readonly().describe("Parts that hold more than is shown here."),
  })
  .meta({ id: "PersonalData" });

const erased = z
  .object({
    id: z.uuid(),
    forfeited: z
      .object({ amount: z.int(), receipt: z.string() })
      .nullable()
      .describe("iSoCCs that were given up, and the receipt of that."),
  })
  .meta({ id: "Erased" });

const tag = "members";
const one = "/communities/:community/members/:id";

/** What is held of one person: shown to them, and erased. */
export function personalData(house: House): void {
  readIn(house, {
    url: `${one}/export`,
    tag,
    summary: "Everything held of one person; that it was asked for is in the audit log.",
    params: idIn,
    answer: exported,
    read: async ({ db, community, params, caller, now }) => {
      const at = { community, now, actor: caller.actor };
      const found = await exportInSnapshot(db, at, params.id);
      return found === undefined ? no_such_member : { answer: found };
    },
  });
  writeIn(house, {
    method: "POST",
    url: `${one}/erase`,
    tag,
    summary:
      "Erases a person for good and keeps the ledger; refused while anything of theirs waits.",
    params: idIn,
    body: z.strictObject({
      forfeit: z.boolean().default(false).describe("Gives up what they could still spend."),
    }),
    status: 200,
    answer: erased,
    write: async ({ db, community, params, body, caller, now, pepper }) => {
      const at = { trx: db, community, now, pepper, actor: caller.actor };
      const done = await erasePerson(at, { id: params.id, forfeit: body.forfeit });
      switch (done.type) {
        case "erased":
          return { answer: { id: params.id, forfeited: done.forfeited } };
        case "no-such-member":
          return no_such_member;
        case "erased-before":
          return erased_before;
        case "blocked":
          return conflict(
            "This member cannot be erased yet",
            `${done.by.map(blockWords).join("; ")}.`,
          );
      }
    },
  });
}
