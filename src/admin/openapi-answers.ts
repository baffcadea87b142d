/** As much of an OpenAPI document as is added to. */
export interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: object;
}

interface Operation {
  readonly responses?: Readonly<Record<string, Answer>>;
}

interface Answer {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

const headers = {
  ETag: {
    description: "Tells this state from another: for If-Match.",
    schema: { type: "string" },
  },
  "Idempotency-Replayed": {
    description: "`true` where this was answered to the same request before, and not done again.",
    schema: { type: "string", enum: ["true"] },
  },
  "Retry-After": {
    description: "Seconds to wait; absent where waiting is of no use.",
    schema: { type: "integer" },
  },
};

const header = (name: keyof typeof headers) => ({
  [name]: { $ref: `#/components/headers/${name}` },
});

const problem_content = {
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
};

const answers = {
  429: {
    name: "TooMany",
    description: "Too many calls or wrong keys, or so much is under way already: nothing was done.",
    headers: header("Retry-After"),
  },
  500: {
    name: "Unsure",
    description:
      "A fault. It may or may not have been done: ask again under the same Idempotency-Key.",
    headers: {},
  },
  503: {
    name: "Away",
    description: "There is too much to do, or the database does not answer: its detail says which.",
    headers: header("Retry-After"),
  },
};

/** What every route may answer and send beside what it says of itself, told once and referred to. */
export const withCommonAnswers = (document: Document): Document => ({
  ...document,
  components: {
    ...document.components,
    headers,
    responses: Object.fromEntries(
      Object.values(answers).map(({ name, ...told }) => [
        name,
        { ...told, content: problem_content },
      ]),
    ),
  },
  paths: mapped(document.paths ?? {}, (methods) =>
    mapped(methods, (operation, method) => ({
      ...operation,
      responses: {
        ...mapped(operation.responses ?? {}, (answer, status) =>
          status.startsWith("2") ? withHeaders(answer, method) : answer,
        ),
        ...mapped(answers, ({ name }) => ({ $ref: `#/components/responses/${name}` })),
      },
    })),
  ),
});

const withHeaders = (answer: Answer, method: string): Answer & { readonly headers: object } => ({
  ...answer,
  headers: {
    ...("application/json" in (answer.content ?? {}) && header("ETag")),
    ...(method !== "get" && header("Idempotency-Replayed")),
  },
});

const mapped = <T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
