import fc from "fast-check";
import type { World } from "./world.ts";

/** As much of JSON Schema as zod writes for a request. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

/** One route, as the OpenAPI document describes it. */
export interface Operation {
  readonly method: "GET" | "POST" | "PATCH";
  /** `/admin/v1/communities/{community}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { content: { "application/json": { schema: Schema } } };
}

/** Every route of the admin API, from the document it serves. */
export async function operationsOf({ service }: World): Promise<readonly Operation[]> {
  const answer = await service.app.inject({ url: "/admin/v1/openapi.json" });
  return Object.entries(answer.json<Document>().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase() as Operation["method"],
      path,
      parameters,
      body: requestBody?.content["application/json"].schema,
    })),
  );
}

/** Values that are there, by the property that names them: so that some requests get through. */
const hints: Readonly<Record<string, readonly unknown[]>> = {
  language: ["en", "sw", "luo"],
  languages: [["en"], ["sw", "en"]],
  time_zone: ["Africa/Accra"],
  name: [{ en: "One", sw: "Moja", luo: "Achiel" }],
  unit: [{ en: "kg", sw: "kilo", luo: "kilo" }],
  deeds: [[], [{ code: "DUMP", value: 3, name: { en: "One", sw: "Moja", luo: "Achiel" } }]],
  rewards: [[]],
  communal_rewards: [[]],
  retire_deeds: [[], ["DUMP"]],
  retire_rewards: [[], ["STOVE"]],
  effective_at: ["2026-05-01T00:00:00Z"],
};

const kindOf = (value: unknown): string => (Array.isArray(value) ? "array" : typeof value);

function fittingProperty(key: string, schema: Schema): fc.Arbitrary<unknown> {
  const known = (hints[key] ?? []).filter((value) => kindOf(value) === schema.type);
  if (known.length === 0) return fitting(schema);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: fitting(schema) },
  );
}

/** Something that the schema allows, nearly: what only code checks may be wrong. */
export function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(fitting));
  const types = [schema.type ?? "anything"].flat();
  if (types.length > 1) return fc.oneof(...types.map((type) => fitting({ ...schema, type })));
  switch (types[0]) {
    case "string":
      return fittingText(schema);
    case "integer":
      return fc.integer({ min: schema.minimum ?? -1000, max: schema.maximum ?? 1000 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(fitting(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case "object":
      return fittingObject(schema);
    case undefined:
    default:
      return fc.jsonValue();
  }
}

function fittingText({
  pattern,
  format,
  allOf,
  minLength = 0,
  maxLength = 60,
}: Schema): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc
      .date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
      .map((at) => at.toISOString());
  if (format === "uuid") return fc.uuid();
  const patterns = [pattern, ...(allOf ?? []).map((part) => part.pattern)].filter(Boolean);
  const [only] = patterns;
  if (patterns.length === 1 && only !== undefined)
    return fc
      .stringMatching(new RegExp(only, "u"), { maxLength: 40 })
      .map((text) => text.slice(0, maxLength));
  return fc.string({ minLength, maxLength: Math.min(maxLength, 60), unit: "grapheme" });
}

function fittingObject(schema: Schema): fc.Arbitrary<object> {
  const { properties, required = [], additionalProperties, propertyNames } = schema;
  if (properties !== undefined)
    return fc.record(
      Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [key, fittingProperty(key, value)]),
      ),
      { requiredKeys: [...required] },
    );
  const value = typeof additionalProperties === "object" ? additionalProperties : {};
  // Of the languages that there are, so that some words are complete.
  const key = fc.oneof(
    fc.constantFrom("en", "sw", "luo"),
    fitting(propertyNames ?? { type: "string" }),
  );
  return fc.dictionary(key as fc.Arbitrary<string>, fitting(value), { maxKeys: 4 });
}

/** Texts that a database or a log might choke on. */
const awkward = fc.constantFrom<unknown>(
  ...["", " ", "\u0000", "\ud800", "a\u0000b", "é".repeat(500), "🙂", "'; drop table member; --"],
  ...[
    -1,
    0,
    2 ** 31,
    2 ** 53,
    1.5,
    1e308,
    null,
    true,
    [],
    {},
    [[]],
    "null",
    "NaN",
    "0000-01-01T00:00:00Z",
  ],
);

/** Something near the schema, with one part of it awkward: deep in it, or all of it. */
export function spoilt(schema: Schema): fc.Arbitrary<unknown> {
  const whole = fc.oneof(awkward, fc.jsonValue());
  if (schema.type === "array")
    return fc.oneof(whole, fc.array(spoilt(schema.items ?? {}), { maxLength: 2 }));
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return whole;
  const some = fc
    .constantFrom(...entries)
    .chain(([key, value]) =>
      fc
        .tuple(fittingObject(schema), spoilt(value))
        .map(([object, part]) => ({ ...object, [key]: part })),
    );
  const extra = fittingObject(schema).map((object) => ({ ...object, unheard_of: 1 }));
  return fc.oneof({ weight: 6, arbitrary: some }, { weight: 1, arbitrary: extra }, whole);
}
