/** What writeXlsx runs in a thread: takes sheets, and answers with the bytes of a file. */
import { parentPort, workerData } from "node:worker_threads";
import writeExcelFile, { type CellObject } from "write-excel-file/node";
import type { Cell, Row, Sheet } from "./xlsx.ts";

const whole = "#,##0";
const hundredths = "#,##0.00";
/** Excel takes such a cell as text however it begins, also after somebody has edited it. */
const text = "@";

function cellOf(cell: Cell): CellObject | null {
  if (cell === null) return null;
  if (typeof cell === "string") return { value: cell, type: String, format: text };
  if (typeof cell === "number") return { value: cell, type: Number, format: whole };
  if ("cents" in cell) return { value: cell.cents / 100, type: Number, format: hundredths };
  if ("day" in cell) return dated(cell.day, "d mmm yyyy");
  if ("month" in cell) return dated(cell.month, "mmmm yyyy");
  return dated(cell.moment, "d mmm yyyy hh:mm");
}

const dated = (at_ms: number, format: string): CellObject => ({
  value: new Date(at_ms),
  type: Date,
  format,
  align: "left",
});

const rowOf = ({ cells, is_total }: Row): (CellObject | null)[] =>
  cells.map((cell) => {
    const object = cellOf(cell);
    return object && is_total ? { ...object, fontWeight: "bold", topBorderStyle: "thin" } : object;
  });

const titleOf = (value: string): CellObject => ({
  value,
  type: String,
  fontWeight: "bold",
  backgroundColor: "#E8EEF4",
});

const sheets = (workerData as readonly Sheet[]).map(({ name, columns, rows }) => ({
  sheet: name,
  columns: columns.map(({ width }) => ({ width })),
  stickyRowsCount: 1,
  orientation: "landscape" as const,
  data: [columns.map(({ title }) => titleOf(title)), ...rows.map(rowOf)],
}));
// Left to itself a bold cell may have another font than the rest.
const file = await writeExcelFile(sheets, { fontFamily: "Arial", fontSize: 10 }).toBuffer();
parentPort?.postMessage(file);
