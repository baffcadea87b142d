/**
 * Who may import whom: the architecture's table, one way and without cycles. A room not named on
 * the right of its own line may not be reached from it.
 */
const may = {
  // Joins the rooms into what main.ts and soccs.ts run; no room imports it.
  compose: [
    ...[
      "http",
      "admin",
      "operator",
      "flows",
      "commands",
      "domain",
      "worker",
      "outbox",
      "ussd",
      "sms",
    ],
    ...["gateway", "pages", "reports", "metrics", "db", "trace", "words"],
  ],
  http: ["flows", "commands", "ussd", "sms", "trace"],
  admin: ["domain", "reports"],
  operator: ["domain", "reports", "db"],
  flows: ["ussd", "domain"],
  commands: ["sms", "domain"],
  domain: ["ledger", "outbox", "db", "trace"],
  worker: ["outbox", "gateway", "domain", "db"],
  ledger: ["db"],
  outbox: ["db", "trace"],
  ussd: ["words", "db"],
  // Like ussd, it takes one callback in one transaction.
  sms: ["words", "db"],
  reports: ["ledger", "domain", "db"],
  gateway: [],
  pages: [],
  metrics: [],
  db: [],
  trace: [],
  words: [],
};

const rooms = Object.entries(may).map(([room, others]) => ({
  name: `${room}-may-import`,
  severity: "error",
  comment: `${room} may import ${others.join(", ") || "no other room"}`,
  from: { path: `^src/${room}/` },
  to: { path: "^src/", pathNot: `^src/(${[room, ...others].join("|")})/` },
}));

export default {
  forbidden: [
    ...rooms,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "the-root-is-what-is-run",
      severity: "error",
      comment: "main.ts and soccs.ts, and what they alone read: the environment, secrets, the log",
      from: { path: "^src/", pathNot: "^src/(main|soccs).ts$" },
      to: { path: "^src/[^/]+$" },
    },
    {
      name: "no-tests-in-src",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^test/" },
    },
    {
      name: "only-dependencies",
      severity: "error",
      comment: "what runs in production is not a development dependency",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    { name: "not-to-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types"],
    },
  },
};
