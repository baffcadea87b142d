import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import { isOwn, managersOf, type Member } from "./members.ts";
import { notify } from "./notify.ts";

/**
 * Asks the managers to hand over what has no vendor, the partner's own reward (R13): with the code,
 * by which the one who has handed it over settles it by PIN. Not of their own household (R10).
 */
export async function tellManagersOfOrder(
  context: Context,
  order: {
    readonly member: Member;
    readonly reward: unknown;
    readonly code: string;
    /** iSoCCs held. */
    readonly price: number;
    /** `14/3`: until when it is held. */
    readonly day: string;
  },
): Promise<void> {
  const { trx, community } = context;
  const { member, code, price, day } = order;
  const managers = await managersOf(trx, community.id);
  await notify(
    context,
    managers
      .filter((manager) => !isOwn(manager, member))
      .map((to) => ({
        to,
        purpose: "request",
        text: "redemption-to-settle",
        secrets: ["code"],
        fields: {
          ...{ member: member.name, code, price, day },
          name: nameIn(order.reward as Names, to.language, community),
        },
      })),
  );
}
