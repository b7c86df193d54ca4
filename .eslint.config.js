import tseslint from 'typescript-eslint'

/** Type-aware and strict. What is switched off is switched off for a reason that stands beside it. */
export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.data/', '.tap/', 'test/screenshots/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './server/web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'named exports only' },
        { selector: 'TSEnumDeclaration', message: 'a union from one as-const list instead' },
      ],
      // numbers in messages are what messages are for
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // fastify plugins are async by contract and often have nothing to await
      '@typescript-eslint/require-await': 'off',
      // an arrow that returns a void call reads better on one line
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // schemas are the types: `z.infer<typeof x>` beside `x` is our habit, and `type` reads as one
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
  {
    files: ['*.config.ts', '.eslint.config.js'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: [
      'test/bench/**',
      'test/simulation/main.ts',
      'server/main.ts',
      'db/sample/main.ts',
      'test/run.ts',
      'test/conformance/run.ts',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    // tap's assertions return promises only when handed one
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
)
