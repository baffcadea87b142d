/** All checks but the tests, each named with its time; the first that fails ends it. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

function run(tool: string, flags: readonly string[]): string {
  const file = join(root, "node_modules/.bin", tool);
  return execFileSync(file, flags, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** dependency-cruiser says all is well when it could read nothing at all. */
function checkImports(): void {
  const found = run("depcruise", [
    "src",
    "--config",
    ".dependency-cruiser.mjs",
    "--output-type",
    "json",
  ]);
  const { summary } = JSON.parse(found) as {
    summary: {
      totalCruised: number;
      error: number;
      violations: { rule: { name: string }; from: string; to: string }[];
    };
  };
  for (const { rule, from, to } of summary.violations)
    console.error(`${rule.name}: ${from} -> ${to}`);
  if (summary.totalCruised === 0) throw new Error("dependency-cruiser read no module");
  if (summary.error > 0) throw new Error(`${summary.error} imports that the house does not allow`);
  console.log(`  ${summary.totalCruised} modules read`);
}

const checks: readonly (readonly [name: string, check: () => unknown])[] = [
  ["format", () => run("prettier", ["--check", "--log-level", "warn", "."])],
  ["types", () => run("tsc", ["--noEmit"])],
  ["types of the pages", () => run("tsc", ["--noEmit", "--project", "src/pages"])],
  ["lint", () => run("eslint", ["--max-warnings", "0", "."])],
  ["imports", checkImports],
  ["dead code", () => run("knip", [])],
];

for (const [name, check] of checks) {
  const began = performance.now();
  try {
    check();
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    console.error(`${name}: failed\n${stdout ?? (error as Error).message}`);
    process.exit(1);
  }
  console.log(`${name}: ok (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}
