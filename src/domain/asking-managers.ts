import { managersOf, type Member } from "./members.ts";
import { notify, type Notice, type Speaker } from "./notify.ts";

/**
 * Asks every manager of the community by text to look at something.
 * @param fieldsFor what the text is filled with for one of them: names are in their language.
 */
export async function askManagers(
  speaker: Speaker,
  text: string,
  fieldsFor: (manager: Member) => Notice["fields"],
): Promise<void> {
  const managers = await managersOf(speaker.trx, speaker.community.id);
  await notify(
    speaker,
    managers.map((to) => ({ to, purpose: "request", text, fields: fieldsFor(to) })),
  );
}
