import { escaped } from "../reports/html.ts";

/** As much of an OpenAPI document as the page shows. */
export interface Document {
  readonly info: { readonly title: string; readonly description?: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Answer>>;
    readonly headers?: Readonly<Record<string, Header>>;
  };
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Answer {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, unknown>>;
}

interface Header {
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly told: Operation;
}

/** The whole page: every route by its tag, then the shapes that answers are made of. */
export function docsPage({ info, paths = {}, components }: Document): string {
  const told = (one: Answer): Answer =>
    one.$ref === undefined ? one : (components?.responses?.[nameIn(one.$ref)] ?? {});
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const responses = Object.entries(operation.responses).map(
        ([status, one]) => [status, told(one)] as const,
      );
      const whole = { ...operation, responses: Object.fromEntries(responses) };
      return { method: method.toUpperCase(), path, told: whole };
    }),
  );
  const tags = [...new Set(routes.flatMap(({ told }) => told.tags ?? []))].sort();
  const schemas = Object.entries(components?.schemas ?? {});
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)}</title>
<link rel="stylesheet" href="/admin/docs.css">
</head>
<body>
<header>
<h1>${escaped(info.title)}</h1>
<p>${escaped(info.description ?? "")}</p>
<p>Send <code>Authorization: Bearer &lt;key&gt;</code>. A program reads
<a href="/admin/v1/openapi.json">the OpenAPI document</a>.</p>
<nav aria-label="Routes"><ul>
${[...tags, "headers", "shapes"].map((tag) => `<li><a href="#${tag}">${escaped(tag)}</a></li>`).join("\n")}
</ul></nav>
</header>
<main>
${tags.map((tag) => section(tag, routes)).join("\n")}
<section id="headers">
<h2>headers</h2>
<dl>${Object.entries(components?.headers ?? {})
    .map(([name, { schema, description = "" }]) => field(name, schema, true, description))
    .join("")}</dl>
</section>
<section id="shapes">
<h2>shapes</h2>
${schemas.map(([name, schema]) => shape(name, schema)).join("\n")}
</section>
</main>
</body>
</html>
`;
}

const section = (tag: string, routes: readonly Route[]): string => `<section id="${tag}">
<h2>${escaped(tag)}</h2>
${routes
  .filter(({ told }) => told.tags?.includes(tag))
  .map(routeEntry)
  .join("\n")}
</section>`;

const routeEntry = ({ method, path, told }: Route): string => `<details>
<summary><span class="method ${method.toLowerCase()}">${method}</span>
<code>${breakable(path)}</code>
<span class="says">${escaped(told.summary ?? "")}</span></summary>
${parameters(told.parameters ?? [])}
${told.requestBody ? `<h3>Body</h3>${fields(bodyOf(told.requestBody.content))}` : ""}
<h3>Answers</h3>
<dl>${Object.entries(told.responses).map(answer).join("")}</dl>
</details>`;

const bodyOf = (content: Content): Schema => Object.values(content)[0]?.schema ?? {};

function answer([status, told]: readonly [string, Answer]): string {
  const schema = told.content && bodyOf(told.content);
  const shown = schema === undefined ? "" : ` ${kind(schema)}`;
  const sent = Object.keys(told.headers ?? {});
  const headers = sent.length === 0 ? "" : `, <a href="#headers">${escaped(sent.join(", "))}</a>`;
  return `<dt>${escaped(status)}</dt><dd>${escaped(told.description ?? "")}${shown}${headers}</dd>`;
}

const parameters = (all: readonly Parameter[]): string =>
  all.length === 0
    ? ""
    : `<h3>Asked in path, query and headers</h3><dl>${all
        .map((one) =>
          field(one.name, one.schema, one.required === true, `${one.in}. ${one.description ?? ""}`),
        )
        .join("")}</dl>`;

const shape = (name: string, schema: Schema): string => `<details id="shape-${escaped(name)}">
<summary><code>${escaped(name)}</code></summary>
${fields(schema)}
</details>`;

function fields(schema: Schema): string {
  const { properties, required = [] } = schema;
  if (properties === undefined) return `<p>${kind(schema)}</p>`;
  const rows = Object.entries(properties).map(([name, one]) =>
    field(name, one, required.includes(name), one.description ?? ""),
  );
  return `<dl>${rows.join("")}</dl>`;
}

function field(name: string, schema: Schema, required: boolean, says: string): string {
  const inner = schema.type === "array" ? schema.items : schema;
  const nested = inner?.properties === undefined ? "" : fields(inner);
  const wanted = required ? "" : ' <span class="optional">optional</span>';
  return `<dt><code>${escaped(name)}</code>${wanted}</dt>
<dd>${kind(schema)} ${limits(schema)} ${escaped(says)}${nested}</dd>`;
}

/** What a value is, in a few words, with a link to a shape that has a name. */
function kind(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = escaped(nameIn(schema.$ref));
    return `<a href="#shape-${name}">${name}</a>`;
  }
  if (schema.enum !== undefined) return schema.enum.map(literal).join(" | ");
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(kind).join(" or ");
  if (schema.type === "array") return `list of ${kind(schema.items ?? {})}`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object")
    return `object of ${kind(schema.additionalProperties)} by name`;
  const types = [schema.type ?? "anything"].flat();
  return escaped(schema.format ?? types.join(" or "));
}

/** Of what a reference refers to. */
const nameIn = (reference: string): string => reference.split("/").at(-1) ?? "";

const literal = (value: unknown): string => `<code>${escaped(JSON.stringify(value))}</code>`;

function limits(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength, pattern, format } = schema;
  const parts = [
    range(minimum, maximum),
    range(minLength, maxLength) && `${range(minLength, maxLength)} characters`,
    pattern !== undefined && format === undefined ? `like ${pattern}` : "",
    schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `<span class="limits">${escaped(parts.join(", "))}</span>.`;
}

function range(least: number | undefined, most: number | undefined): string {
  // What zod writes for a whole number without limits is no news.
  const bounds = [least, most].map((n) =>
    n !== undefined && Number.isSafeInteger(n) && Math.abs(n) < Number.MAX_SAFE_INTEGER
      ? n
      : undefined,
  );
  const [low, high] = bounds;
  if (low !== undefined && high !== undefined) return `${low} to ${high}`;
  if (low !== undefined) return `at least ${low}`;
  return high === undefined ? "" : `at most ${high}`;
}

/** A long path may break after each slash. */
const breakable = (path: string): string => escaped(path).replaceAll("/", "/<wbr>");
