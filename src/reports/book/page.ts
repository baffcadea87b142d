import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Say } from "../../domain/context.ts";
import { escaped } from "../html.ts";
import type { Book, BookLine } from "./book.ts";
import { speaker, type Word } from "./words.ts";

/** The style sheet that stands within a page. */
export const book_style = readFileSync(join(import.meta.dirname, "book.css"), "utf8");

type Speak = ReturnType<typeof speaker>;

/**
 * A page of a SoCC Book to print, in the language of whose it is: one document that needs nothing
 * from elsewhere and runs nothing.
 */
export function bookPage(book: Book, say: Say): string {
  const speak = speaker(say, book.language);
  const said = (word: Word): string => escaped(speak(word));
  const { community, member, month, page, pages, made_when } = book;
  const about = [
    ...(month === null ? [] : [month]),
    escaped(speak("made", { when: made_when })),
    `${said("page")} ${page}/${pages}`,
  ];
  const heads = (["when", "what", "in", "out", "balance"] as const).map(
    (word) => `<th scope="col">${said(word)}</th>`,
  );
  return `<!doctype html>
<html lang="${escaped(book.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${said("title")}: ${escaped(member)}, ${escaped(community)}</title>
<style>${book_style}</style>
</head>
<body>
<header>
<h1>${said("title")}</h1>
<p class="who">${escaped(member)}</p>
<p>${escaped(community)}</p>
<p class="about">${about.join(" · ")}</p>
</header>
<table>
<thead>
<tr>${heads.join("")}</tr>
</thead>
<tbody>
${bound(said("opening"), book.brought_forward)}
${book.lines.map((line) => row(line, speak)).join("\n")}
</tbody>
<tfoot>
${page === pages ? end(book, speak) : bound(said("closing"), book.lines.at(-1)?.balance ?? 0)}
</tfoot>
</table>
</body>
</html>
`;
}

/** What there was before the lines, or after them. */
const bound = (label: string, amount: number): string =>
  `<tr class="bound"><th scope="row" colspan="4">${label}</th><td>${amount}</td></tr>`;

const amountCell = (label: string, amount: number | string): string =>
  `<td data-label="${escaped(label)}">${amount}</td>`;

const row = ({ when, what, amount, balance }: BookLine, speak: Speak): string =>
  `<tr><td>${escaped(when)}</td><td>${escaped(what)}</td>` +
  amountCell(speak("in"), amount > 0 ? amount : "") +
  amountCell(speak("out"), amount < 0 ? -amount : "") +
  `${amountCell(speak("balance"), balance)}</tr>`;

/** What came and went on all pages together, what there was after it, and what of it is set aside. */
function end({ gained, lost, closing, held }: Book, speak: Speak): string {
  const set_aside = held === null || held === 0 ? [] : [escaped(speak("held", { amount: held }))];
  return [
    '<tr class="bound total"><th scope="row" colspan="2"></th>' +
      `${amountCell(speak("in"), gained)}${amountCell(speak("out"), lost)}<td></td></tr>`,
    bound(escaped(speak("closing")), closing),
    ...set_aside.map((text) => `<tr><th scope="row" colspan="5">${text}</th></tr>`),
  ].join("\n");
}
