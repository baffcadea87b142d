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
  /** By flow, then by question or ending. */
  readonly screens: Readonly<Record<string, Readonly<Record<string, ScreenWords>>>>;
  readonly texts: Readonly<Record<string, string>>;
  /** By command: what a sender may type for it, and how it is used. */
  readonly commands: Readonly<Record<string, CommandWords>>;
}

export interface CommandWords {
  readonly keywords: readonly string[];
  readonly usage: string;
  /** What its words are called, for a reply that names the one that was wrong. */
  readonly words: Readonly<Record<string, string>>;
}

export type Fields = Readonly<Record<string, string | number>>;

/** All languages, by their code. */
export interface Words {
  readonly languages: ReadonlyMap<string, Language>;
  /** The words of a language; of English where the service does not speak it. */
  in(language: string): Language;
  /** A text in a language, filled in. @throws when there is no such text or field: a bug. */
  say(language: string, text: string, fields: Fields): string;
}

/** Fills `{name}` places. @throws when a field is missing: a bug that the start-up check prevents. */
export function fill(template: string, fields: Fields): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = fields[name];
    if (value === undefined) throw new Error(`no field {${name}} for "${template}"`);
    return String(value);
  });
}

/** The places of a template, sorted, each once. */
export const placesOf = (template: string): readonly string[] =>
  [...new Set(template.match(/\{\w+\}/g))].sort();
