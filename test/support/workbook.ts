import readExcelFile from "read-excel-file/node";

/** A cell as a spreadsheet holds it. */
type Held = string | number | boolean | Date | null;

type Line = Readonly<Record<string, Held>>;

export interface ReadWorkbook {
  readonly sheets: readonly string[];
  /** A sheet's rows without its titles and its total, each by its titles. */
  readonly rows: (sheet: string) => readonly Line[];
  readonly total: (sheet: string) => Line;
  /** What stands beside a text in the first column of the summary. */
  readonly summary: (text: string) => readonly Held[];
}

/** Reads a workbook as whoever it is sent to would: from its bytes. */
export async function readWorkbook(bytes: Uint8Array): Promise<ReadWorkbook> {
  const read = (await readExcelFile(Buffer.from(bytes))) as readonly {
    readonly sheet: string;
    readonly data: readonly (readonly Held[])[];
  }[];
  const dataOf = (name: string): readonly Line[] => {
    const found = read.find(({ sheet }) => sheet === name);
    if (found === undefined) throw new Error(`there is no sheet ${name}`);
    const [titles = [], ...rows] = found.data;
    return rows.map((row) =>
      Object.fromEntries(titles.map((title, at) => [String(title), row[at] ?? null] as const)),
    );
  };
  return {
    sheets: read.map(({ sheet }) => sheet),
    rows: (sheet) => dataOf(sheet).slice(0, -1),
    total: (sheet) => dataOf(sheet).at(-1) ?? {},
    summary: (text) => {
      const row = read[0]?.data.find(([first]) => first === text);
      if (row === undefined) throw new Error(`the summary has no line "${text}"`);
      return row.slice(1);
    },
  };
}
