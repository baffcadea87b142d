import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { measure } from "./measure.ts";
import { fill, placesOf, type Language, type Words } from "./words.ts";

/** Capitals, or letters of a script that has no case, with their signs. */
const keyword = /^[\p{Lu}\p{Lo}][\p{Lu}\p{Lo}\p{M}\p{N}]*$/u;

const template = z.string().min(1).max(400);

const languageShape = z.strictObject({
  name: z.string().min(1).max(24),
  review: z.enum(["done", "needs a native speaker"]),
  nav: z.strictObject({ back: template, main: template, more: template }),
  hints: z.record(z.string(), template),
  phrases: z.record(z.string(), template),
  screens: z.record(
    z.string(),
    z.record(
      z.string(),
      z.strictObject({
        title: template,
        line: template.optional(),
        empty: template.optional(),
        options: z.record(z.string(), template).optional(),
      }),
    ),
  ),
  texts: z.record(z.string(), template),
  commands: z.record(
    z.string(),
    z.strictObject({
      keywords: z.array(z.string().regex(keyword, "capital letters")).min(1),
      usage: template,
      does: template,
      words: z.record(z.string(), template),
    }),
  ),
});

/** What is wrong with the words: each line names the file, the key and what is wanted. */
export class WordsError extends Error {
  override readonly name = "WordsError";
}

/**
 * Reads every language of a folder and checks that all say the same things with the same places.
 * @throws WordsError listing everything that is wrong.
 */
export function loadWords(folder: string): Words {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  const read = files.map((file) => readLanguage(folder, file));
  const unread = read.flatMap((result) => ("wrong" in result ? result.wrong : []));
  if (unread.length > 0) throw new WordsError(unread.join("\n"));
  const languages = new Map(
    read.flatMap((result) => ("code" in result ? [[result.code, result] as const] : [])),
  );
  const english = languages.get("en");
  if (english === undefined) throw new WordsError(`${folder}: en.yaml is missing`);
  const wrong = [...languages.values()].flatMap((other) => differences(english, other));
  if (wrong.length > 0) throw new WordsError(wrong.join("\n"));
  const speak = (language: string): Language => languages.get(language) ?? english;
  return {
    languages,
    in: speak,
    say: (language, text, fields) => {
      const found = speak(language).texts[text];
      if (found === undefined) throw new Error(`no text "${text}"`);
      return fill(found, fields);
    },
  };
}

function readLanguage(
  folder: string,
  file: string,
): Language | { readonly wrong: readonly string[] } {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(join(folder, file), "utf8"), { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) return { wrong: [`${file}: ${broken.message}`] };
  const parsed = languageShape.safeParse(plain(document));
  if (parsed.success) return { code: basename(file, ".yaml"), ...parsed.data };
  const issues = parsed.error.issues.map((issue) => {
    const node: unknown = document.getIn(issue.path, true);
    const range = (node as { range?: [number] } | undefined)?.range;
    const line = range === undefined ? "" : `:${lines.linePos(range[0]).line}`;
    return `${file}${line}: ${issue.path.join(".")}: ${issue.message}`;
  });
  return { wrong: issues };
}

/** Keys and places in which a language departs from English. */
function differences(english: Language, other: Language): readonly string[] {
  const wanted = templatesOf(english);
  const found = templatesOf(other);
  const file = `${other.code}.yaml`;
  const missing = [...wanted.keys()].filter((key) => !found.has(key));
  const extra = [...found.keys()].filter((key) => !wanted.has(key));
  const moved = [...wanted].filter(([key, text]) => {
    const there = found.get(key);
    return there !== undefined && !hasPlaces(other, placesOf(there), placesOf(text));
  });
  return [
    ...missing.map((key) => `${file}: ${key}: is missing`),
    ...extra.map((key) => `${file}: ${key}: en.yaml has no such key`),
    ...moved.map(([key, text]) => `${file}: ${key}: wants the places ${placesOf(text).join(" ")}`),
  ];
}

/**
 * Whether a translation has the places it should. A language outside GSM-7 has less than half the
 * room, so it may leave some out.
 */
function hasPlaces(
  { name }: Language,
  found: readonly string[],
  wanted: readonly string[],
): boolean {
  if (measure(name).alphabet === "UCS-2") return found.every((place) => wanted.includes(place));
  return found.join() === wanted.join();
}

/** Every template of a language by its dotted key. Keywords may differ in number, so do not count. */
function templatesOf(language: Language): ReadonlyMap<string, string> {
  const { nav, hints, phrases, screens, texts } = language;
  const commands = Object.entries(language.commands).map(([name, { usage, does, words }]) => {
    return [name, { usage, does, words }] as const;
  });
  const tree = { nav, hints, phrases, screens, texts, commands: Object.fromEntries(commands) };
  return new Map(leaves(tree, ""));
}

function leaves(tree: object, prefix: string): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === "string") return [[`${prefix}${key}`, value] as const];
    return typeof value === "object" && value !== null ? leaves(value, `${prefix}${key}.`) : [];
  });
}

/** Undefined where an alias stands for nothing: that shows only now. */
function plain(document: { toJS: () => unknown }): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}
