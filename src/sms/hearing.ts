import {
  hear,
  hearUnproven,
  wantsProof,
  type Command,
  type Form,
  type Heard,
  type Standing,
} from "./grammar.ts";

/** The form of a command that words were in, and what was said or is wrong with it. */
export interface FormHeard<Deps> {
  readonly form: Form<Deps>;
  /** Its number: 0 for the command's own. */
  readonly at: number;
  /** `pin-said`: they hold a PIN where texts carry none. */
  readonly heard: Heard | { readonly type: "pin-said" };
}

export const formOf = <Deps>(command: Command<Deps>, at: number): Form<Deps> | undefined =>
  at === 0 ? command : command.others?.[at - 1];

/**
 * The form of a command that the words are in; where none is, its own and what is wrong.
 * @param spec.proof whether a PIN is wanted among them, or must not be there.
 * @param spec.numbers how a phone number stands in the country.
 */
export function formHeard<Deps>(
  command: Command<Deps>,
  words: readonly string[],
  { proof, numbers }: { proof: "pin" | "word"; numbers: (typed: string) => Standing },
): FormHeard<Deps> {
  const own = { form: command, at: 0 };
  const forms = [...(command.others ?? []).map((form, nth) => ({ form, at: nth + 1 })), own];
  const provable = forms.filter(({ form }) => wantsProof(form.shape));
  // First, for a PIN could pass for a number of the command's own: REDEEM UMBRELLA 2580.
  if (
    proof === "word" &&
    provable.some(({ form }) => hear(form.shape, words, numbers).type === "heard")
  )
    return { ...own, heard: { type: "pin-said" } };
  const read = proof === "word" ? hearUnproven : hear;
  const tried = forms.map((found) => ({ ...found, heard: read(found.form.shape, words, numbers) }));
  const found = tried.find(({ heard }) => heard.type === "heard");
  return found ?? { ...own, heard: read(command.shape, words, numbers) };
}
