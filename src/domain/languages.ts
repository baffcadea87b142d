import type { Context } from "./context.ts";
import type { Member } from "./members.ts";

/** A community's languages, each by its own name for itself, the default first. */
export const languagesOf = ({
  community,
  say,
}: Pick<Context, "community" | "say">): readonly { code: string; name: string }[] =>
  community.languages.map((code) => ({ code, name: say(code, ["language-name"], {}).text }));

/** From now on screens and texts to this member are in this language. */
export async function setLanguage(
  { trx, community }: Context,
  member: Member,
  language: string,
): Promise<void> {
  await trx
    .updateTable("member")
    .set({ language })
    .where("community_id", "=", community.id)
    .where("id", "=", member.id)
    .execute();
}
