import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "src/db/types.ts", ".data"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "@typescript-eslint/return-await": ["error", "always"],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // Leaving a key out is what the rest is taken for.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["scripts/**", "test/bench/**", "src/main.ts", "src/soccs.ts", "src/operator/**"],
    rules: { "no-console": "off" },
  },
  {
    files: ["test/**"],
    rules: {
      // A story in a test is a chain of awaited steps; helpers return thenables on purpose.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
