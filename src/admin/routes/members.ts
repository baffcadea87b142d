import { z } from "zod";
import { changeMember, enrol, lockMember } from "../../domain/enrolling.ts";
import { listMembers, readMember } from "../../domain/member-records.ts";
import { kindOf } from "../../domain/members.ts";
import { code } from "../../domain/menu-items.ts";
import { text } from "../../domain/text.ts";
import { conflict, notFound, unfit, type Problem } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listed, listOf, listQuery, pageAsked } from "../shapes.ts";

const role = z.enum(["member", "manager", "vendor", "group"]);
const status = z.enum(["active", "closed"]);
const phone = z.e164("a number with + and country code, such as +254711000101");

/** Every screen has room for the longest. */
const personName = text(24);

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
    guardian_id: z
      .uuid()
      .nullable()
      .describe("Whose phone serves for them; for a group, who keeps it."),
    vendor: vendor.extend({ serves: z.array(code).readonly() }).nullable(),
    balance: z.int().describe("iSoCCs they can spend."),
    created_at: z.date(),
  })
  .meta({ id: "Member" });

/** Somebody who earns meanwhile is no other member to whoever changes their name. */
const passing = ["balance"];

const roles = z
  .array(role)
  .min(1)
  .max(2)
  .refine((given) => new Set(given).size === given.length, "each role once")
  .refine((given) => kindOf(given) === "member" || given.length === 1, {
    error: "a vendor's or a group's account is theirs alone: enrol once more for the other role",
  });

const newMember = z
  .strictObject({
    name: personName,
    phone,
    language: text(10),
    roles: roles.default(["member"]),
    guardian_id: z
      .uuid()
      .optional()
      .describe("For a group, who keeps it; otherwise whoever has its phone does."),
    vendor: vendor.optional(),
  })
  .refine((given) => given.roles.includes("vendor") === (given.vendor !== undefined), {
    path: ["vendor"],
    error: "goes with the role vendor, and only with it",
  });

const changes = z.strictObject({
  name: personName.optional(),
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
  addReading(house);
  addEnrolling(house);
  addChanging(house);
}

const tag = "members";
const all = "/communities/:community/members";

function addReading(house: House): void {
  readIn(house, {
    url: all,
    tag,
    summary: "Members, managers, vendors and groups, the newest first.",
    query,
    answer: listOf(member),
    read: async ({ db, community, query }) => {
      const { status, role, phone } = query;
      const asked = { ...pageAsked(query), status, role, phone };
      return { answer: listed(await listMembers(db, community.id, asked)) };
    },
  });
  readIn(house, {
    url: `${all}/:id`,
    tag,
    summary: "One member.",
    params: idIn,
    answer: member,
    passing,
    read: async ({ db, community, params }) => {
      const found = await readMember(db, community.id, params.id);
      return found === undefined ? no_such_member : { answer: found };
    },
  });
}

function addEnrolling(house: House): void {
  writeIn(house, {
    method: "POST",
    url: all,
    tag,
    summary: "Enrols a member, a manager, a vendor or a group, and tells them how to choose a PIN.",
    body: newMember,
    status: 201,
    answer: member,
    passing,
    write: async ({ db, body, community, caller, now, say, pepper }) => {
      const { guardian_id, vendor, ...person } = body;
      const speaker = { trx: db, community, now, say, pepper };
      const enrolled = await enrol(speaker, caller.actor, { ...person, guardian_id, vendor });
      if (enrolled.type === "unfit") return unfit(enrolled.field, enrolled.why);
      if (enrolled.type === "already-enrolled") return already_enrolled;
      if (enrolled.type === "phone-full")
        return conflict(
          "This phone serves no more",
          `It serves ${enrolled.count} accounts already.`,
          {
            in: "body",
            field: "phone",
          },
        );
      return { answer: enrolled.member };
    },
  });
}

function addChanging(house: House): void {
  writeIn(house, {
    method: "PATCH",
    url: `${all}/:id`,
    tag,
    summary: "Changes a name, a language, roles, the status, or a vendor's agreement.",
    params: idIn,
    body: changes,
    status: 200,
    answer: member,
    passing,
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
        case "erased-before":
          return erased_before;
      }
    },
  });
}

export const no_such_member: Problem = notFound("id", "No such member");

export const erased_before = conflict(
  "This member was erased",
  "Enrol the person as a new member: what was erased is not brought back.",
);

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
