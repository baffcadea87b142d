import type { Command } from "commander";

/** Brings the schema up to date, and gives back what it applied. */
export type Migrate = () => Promise<readonly string[]>;

/** `soccs migrate`: for where the service signs in as somebody who may not change the schema. */
export function addMigrate(program: Command, migrate: Migrate): void {
  program
    .command("migrate")
    .description(
      "Bring the schema up to date; several at once wait for each other. DATABASE_URL must sign in " +
        "as the schema's owner: a service whose own login owns nothing waits until this is done.",
    )
    .option("--json", "print one JSON document")
    .action(async ({ json }: { json?: boolean }) => {
      const applied = await migrate();
      if (json) console.log(JSON.stringify({ applied }, null, 2));
      else console.log(applied.length === 0 ? "nothing to do" : applied.join("\n"));
    });
}
