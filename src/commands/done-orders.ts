import type { Account } from "../domain/callers.ts";
import { isSameFirstName } from "../domain/members.ts";
import { pinPlace } from "../domain/notify.ts";
import { ordersAtVendor, ordersForManager, type ListedOrder } from "../domain/order-lists.ts";
import { fitList } from "../sms/fit.ts";
import { menuWord, nameWord, optional, phoneWord, pinWord, type Word } from "../sms/grammar.ts";
import { itemMeant } from "./menu.ts";
import { asOldest, type Texter } from "./sender.ts";

/** A phone number spaced out; six digits and five are a code and a key. */
const memberPhone: Word<string> = {
  takes: "spaced",
  read: (text) => (/^\d{6} \d{5}$/.test(text) ? undefined : phoneWord.read(text)),
};

/** An order named without its code: by its member's phone, and the reward or first name of several. */
export const ofMember = {
  phone: memberPhone,
  reward: optional(menuWord),
  name: optional(nameWord),
  pin: pinWord,
};

/** The one order that is meant; or which there are; or that there is none. */
type OrderMeant =
  | { readonly type: "found"; readonly order: ListedOrder }
  | { readonly type: "which-order"; readonly fields: { readonly orders: string } }
  | { readonly type: "no-order-there" };

/** Finds the order that a manager means by its member's phone, though nobody has its code. */
export async function orderMeant(
  texter: Texter,
  manager: Account,
  said: { phone: string; reward: string | undefined; name: string | undefined },
): Promise<OrderMeant> {
  const there = await ordersForManager(texter, manager, { phone: said.phone });
  const meant = [said.reward, said.name].reduce<readonly ListedOrder[]>(narrowed, there);
  const [order, ...others] = meant;
  if (order === undefined) return { type: "no-order-there" };
  if (others.length === 0) return { type: "found", order };
  const orders = listIn(texter, manager, { key: "done.which", orders: meant });
  return { type: "which-order", fields: { orders } };
}

/** The orders of whoever has this first name, or of this reward. */
function narrowed(orders: readonly ListedOrder[], said: string | undefined) {
  if (said === undefined) return orders;
  const named = orders.filter(({ member }) => isSameFirstName(said, member));
  if (named.length > 0) return named;
  const reward = itemMeant(orders, said);
  return orders.filter(({ code }) => code === reward?.code);
}

export const hasManager = ({ accounts }: Texter): boolean =>
  accounts.some(({ roles }) => roles.includes("manager"));

/**
 * `DONE`: the orders that a manager may settle; where there is none, or no manager, those that the
 * phone's vendors are to hand over.
 */
export async function listOrders(texter: Texter) {
  if (hasManager(texter)) {
    const settling = await asOldest(texter, "manager", async (manager) => {
      const orders = await ordersForManager(texter, manager);
      return told(texter, manager, { type: "to-settle", key: "done.to-settle", orders });
    });
    const hands_over = texter.accounts.some(({ roles }) => roles.includes("vendor"));
    if (settling.type !== "none-open" || !hands_over) return settling;
  }
  return await asOldest(texter, "vendor", async (vendor) => {
    const orders: ListedOrder[] = [];
    for (const own of texter.accounts) orders.push(...(await ordersAtVendor(texter, own)));
    return told(texter, vendor, { type: "to-hand-over", key: "done.to-hand-over", orders });
  });
}

interface List {
  readonly key: string;
  readonly orders: readonly ListedOrder[];
}

const told = <T extends string>(
  texter: Texter,
  reader: Account,
  { type, ...list }: List & { readonly type: T },
) =>
  list.orders.length === 0
    ? { type: "none-open" as const }
    : { type, fields: { orders: listIn(texter, reader, list) } };

const listIn = ({ say, community }: Texter, { language }: Account, { key, orders }: List): string =>
  fitList(orders, {
    ways: [
      ({ member, code, name }) => `${member}: ${code} ${name}`,
      ({ member, code }) => `${member}: ${code}`,
    ],
    text: (shown) => say(language, [key], { ...pinPlace(community), orders: shown }).text,
  });
