import { z } from "zod";
import { changeMember, enrol, lockMember } from "../../domain/enrolling.ts";
import { listMembers, readMember } from "../../domain/member-records.ts";
import { code } from "../../domain/menu-items.ts";
import { text } from "../../domain/text.ts";
import { conflict, notFound, unfit, type Problem } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listed, listOf, listQuery, pageAsked } from "../shapes.ts";

const role = z.enum(["member", "manager", "vendor"]);
const status = z.enum(["active", "closed"]);
const phone = z.e164("a number with + and country code, such as +254711000101");

const vendor = z.strictObject({
  agreement: z
    .enum(["csr", "small"])
    .describe("`csr` gives goods without cash for them; `small` may cash out."),
  place: text(24).describe("Where they are found."),
  serves: z
    .array(code)
    .max(50)
    .refine((given) => new Set(given).size === given.length, "each reward once")
    .describe("Codes of the rewards they hand over."),
});

const member = z
  .object({
    id: z.uuid(),
    name: z.string(),
    phone: z.string(),
    language: z.string(),
    roles: z.array(role).readonly(),
    status,
    guardian_id: z.uuid().nullable().describe("Whose phone serves for them."),
    vendor: vendor.extend({ serves: z.array(code).readonly() }).nullable(),
    balance: z.int().describe("iSoCCs they can spend."),
    created_at: z.date(),
  })
  .meta({ id: "Member" });

const roles = z
  .array(role)
  .min(1)
  .max(2)
  .refine((given) => new Set(given).size === given.length, "each role once")
  .refine((given) => !given.includes("vendor") || given.length === 1, {
    error: "a vendor's account is theirs alone: enrol the person once more for the other role",
  });

const newMember = z
  .strictObject({
    name: text(40),
    phone,
    language: text(10),
    roles: roles.default(["member"]),
    guardian_id: z.uuid().optional(),
    vendor: vendor.optional(),
  })
  .refine((given) => given.roles.includes("vendor") === (given.vendor !== undefined), {
    path: ["vendor"],
    error: "goes with the role vendor, and only with it",
  });

const changes = z.strictObject({
  name: text(40).optional(),
  phone: phone.optional().describe("Only as it is: a number moves by phone, before a witness."),
  language: text(10).optional(),
  roles: roles.optional(),
  status: status.optional(),
  vendor: vendor.partial().optional(),
});

const query = listQuery.extend({
  status: status.optional(),
  role: role.optional(),
  phone: phone.optional(),
});

/** The people of a community. */
export function members(house: House): void {
  const tag = "members";
  const all = "/communities/:community/members";
  readIn(house, {
    url: all,
    tag,
    summary: "Members, managers and vendors, the newest first.",
    query,
    answer: listOf(member),
    read: async ({ db, community, query }) => {
      const { status, role, phone } = query;
      const asked = { ...pageAsked(query), status, role, phone };
      return { answer: listed(await listMembers(db, community.id, asked)) };
    },
  });
  writeIn(house, {
    method: "POST",
    url: all,
    tag,
    summary: "Enrols a member, a manager or a vendor. They choose a PIN at their first dial.",
    body: newMember,
    status: 201,
    answer: member,
    write: async ({ db, body, community, caller, now }) => {
      const { guardian_id, vendor, ...person } = body;
      const at = { community, now, actor: caller.actor };
      const enrolled = await enrol(db, at, { ...person, guardian_id, vendor });
      if (enrolled.type === "unfit") return unfit(enrolled.field, enrolled.why);
      if (enrolled.type === "already-enrolled") return already_enrolled;
      return { answer: enrolled.member };
    },
  });
  readIn(house, {
    url: `${all}/:id`,
    tag,
    summary: "One member.",
    params: idIn,
    answer: member,
    read: async ({ db, community, params }) => {
      const found = await readMember(db, community.id, params.id);
      return found === undefined ? no_such_member : { answer: found };
    },
  });
  writeIn(house, {
    method: "PATCH",
    url: `${all}/:id`,
    tag,
    summary: "Changes a name, a language, roles, the status, or a vendor's agreement.",
    params: idIn,
    body: changes,
    status: 200,
    answer: member,
    present: async ({ db, community, params }) => {
      const found = await lockMember(db, community, params.id);
      return found === undefined ? no_such_member : { answer: found };
    },
    write: async ({ db, body, params, community, caller, now }) => {
      const at = { community, now, actor: caller.actor };
      const changed = await changeMember(db, at, params.id, body);
      switch (changed.type) {
        case "changed":
          return { answer: changed.member };
        case "unfit":
          return unfit(changed.field, changed.why);
        case "no-such-member":
          return no_such_member;
        case "number-moves-by-phone":
          return number_moves_by_phone;
      }
    },
  });
}

const no_such_member: Problem = notFound("id", "No such member");

const already_enrolled = conflict(
  "This member is enrolled already",
  "An active member of this name has this number. Give another on the same phone its own name.",
  { in: "body", field: "phone" },
);

const number_moves_by_phone = conflict(
  "A number is not changed here",
  "The member asks for it by phone, a manager witnesses it, and it takes effect after a delay " +
    "in which the old number can refuse it.",
  { in: "body", field: "phone" },
);
