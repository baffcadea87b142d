import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const names = z.record(z.string().regex(/^[a-z]{2,3}$/), z.string().min(1).max(24));

const fileShape = z
  .strictObject({
    slug: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      .max(40),
    name: z.string().min(1).max(30),
    partner: z.string().min(1).max(80),
    country: z.string().length(2),
    currency: z.string().length(3),
    time_zone: z.string().refine((zone) => Intl.supportedValuesOf("timeZone").includes(zone)),
    languages: z.array(z.string()).min(1).max(7),
    ussd_code: z
      .string()
      .regex(/^\*[0-9*]+#$/)
      .optional(),
    sms_number: z.string().min(3).max(15).optional(),
    help_number: z.string().min(3).max(20),
    accrual_ratio: z.int().min(1).max(1000),
    claim_expiry_days: z.int().min(1).max(365),
    deeds: z.array(
      z.strictObject({
        code: z.string().regex(/^[A-Z0-9]{2,12}$/),
        name: names,
        value: z.int().min(1).max(10_000),
        unit: names.optional(),
        units_max: z.int().min(2).max(1000).optional(),
        sensitive: z.boolean().optional(),
      }),
    ),
    demo_people: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(40),
          phone: z.e164(),
          language: z.string(),
          pin: z.string().regex(/^\d{4}$/),
          roles: z.array(z.enum(["member", "manager", "vendor"])).min(1),
        }),
      )
      .default([]),
  })
  .superRefine(({ languages, deeds }, context) => {
    for (const [at, { name, unit }] of deeds.entries())
      for (const [key, words] of Object.entries({ name, unit }))
        for (const language of words === undefined ? [] : languages)
          if (words?.[language] === undefined)
            context.addIssue({
              code: "custom",
              path: ["deeds", at, key, language],
              message: "is wanted in every language of the community",
            });
  });

/** A community as `menus/communities/<slug>.yaml` describes it. */
export type CommunityFile = z.infer<typeof fileShape>;

/**
 * Reads every community file of a folder.
 * @throws Error naming each file, key and what is wanted.
 */
export function readCommunityFiles(folder: string): readonly CommunityFile[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => {
    const parsed = fileShape.safeParse(parse(readFileSync(join(folder, file), "utf8")));
    if (parsed.success) return parsed.data;
    const wrong = parsed.error.issues.map(
      ({ path, message }) => `${file}: ${path.join(".")}: ${message}`,
    );
    throw new Error(wrong.join("\n"));
  });
}
