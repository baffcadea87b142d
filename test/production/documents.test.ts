import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test("every test that SECURITY.md names is there", () => {
  const named = [...read("SECURITY.md").matchAll(/^- `(test\/[\w/.-]+\.ts)`: "(.+)"$/gm)];
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter(([, file = "", title = ""]) => !read(file).includes(`"${title}"`));
  expect(missing.map(([line]) => line)).toEqual([]);
});
