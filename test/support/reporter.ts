import type { Reporter, TestModule } from "vitest/node";

/** Closes a run with one plain line, and names every test that was not run. */
export default class implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number =>
      tests.filter((test) => test.result().state === state).length;
    const skipped = tests.filter((test) => test.result().state === "skipped");
    const lines = skipped.map((test) => {
      const { note } = test.result() as { note?: string };
      return `not run: ${test.fullName}${note === undefined ? "" : ` (${note})`}`;
    });
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const failed = count("failed") + broken;
    lines.push(`${count("passed")} passed, ${failed} failed, ${skipped.length} skipped`);
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}
