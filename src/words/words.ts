/** Words of one screen. `{name}` in a template is filled from the screen's fields. */
export interface ScreenWords {
  readonly title: string;
  /** One option of a list. */
  readonly line?: string | undefined;
  /** Shown instead of the list when it has no option. */
  readonly empty?: string | undefined;
  /** Options that are always the same, by their word. */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** Everything a phone shows in one language. */
export interface Language {
  readonly code: string;
  /** The language's own name for itself. */
  readonly name: string;
  readonly nav: { readonly back: string; readonly main: string; readonly more: string };
  readonly hints: Readonly<Record<string, string>>;
  /** Parts of sentences that a screen is filled with. */
  readonly phrases: Readonly<Record<string, string>>;
  /** By flow, then by question or ending. */
  readonly screens: Readonly<Record<string, Readonly<Record<string, ScreenWords>>>>;
  readonly texts: Readonly<Record<string, string>>;
  /** By command: what a sender may type for it, and how it is used. */
  readonly commands: Readonly<Record<string, CommandWords>>;
}

export interface CommandWords {
  readonly keywords: readonly string[];
  readonly usage: string;
  /** What it is for, in a few words. */
  readonly does: string;
  /** What its words are called, for a reply that names the one that was wrong. */
  readonly words: Readonly<Record<string, string>>;
}

/** A part of a sentence, to be put into the reader's words where it is shown. */
// An alias, since an interface is no JSON value to TypeScript.
export type Phrase = {
  readonly say: string;
  readonly fields: Readonly<Record<string, string | number>>;
};

export type PlainFields = Readonly<Record<string, string | number>>;
export type Fields = Readonly<Record<string, string | number | Phrase>>;

/** All languages, by their code. */
export interface Words {
  readonly languages: ReadonlyMap<string, Language>;
  /** The words of a language; of English where the service does not speak it. */
  in(language: string): Language;
  /** A text in a language, filled in. @throws when there is no such text or field: a bug. */
  say(language: string, text: string, fields: PlainFields): string;
}

/** Fills `{name}` places. @throws when a field is missing: a bug that the start-up check prevents. */
export function fill(template: string, fields: PlainFields): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = fields[name];
    if (value === undefined) throw new Error(`no field {${name}} for "${template}"`);
    return String(value);
  });
}

/** Fields with their phrases said in a language. @throws when it lacks one: a bug, as above. */
export function spoken({ code, phrases }: Language, fields: Fields): PlainFields {
  const said = Object.entries(fields).map(([name, value]) => {
    if (typeof value !== "object") return [name, value] as const;
    const phrase = phrases[value.say];
    if (phrase === undefined) throw new Error(`no phrase "${value.say}" in ${code}`);
    return [name, fill(phrase, value.fields)] as const;
  });
  return Object.fromEntries(said);
}

/** The places of a template, sorted, each once. */
export const placesOf = (template: string): readonly string[] =>
  [...new Set(template.match(/\{\w+\}/g))].sort();
