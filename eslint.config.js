import tseslint from 'typescript-eslint';

// Workflow code is replayed: what it imports must be pure. Types are erased, so they may come from anywhere.
const pureRoom = (forbidden) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          regex: '^(node:|pg$|execa$|@aws-sdk/|undici$|commander$|yaml$)',
          message: 'This room is pure and deterministic.',
        },
        { regex: forbidden, allowTypeImports: true, message: 'This room may import only types from there.' },
      ],
    },
  ],
  'no-restricted-globals': ['error', 'process', 'Buffer', 'fetch', 'setImmediate', 'require'],
});

export default tseslint.config(
  { ignores: ['node_modules/', '.sandbox/', 'build/', 'bench/results/'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      'no-console': 'off',
      eqeqeq: ['error', 'always'],
    },
  },
  { files: ['src/domain/**/*.ts'], rules: pureRoom('/(activities|adapters|workflows|cli|console)/|@temporalio/') },
  {
    files: ['src/workflows/**/*.ts'],
    rules: pureRoom('/(activities|adapters|cli|console)/|@temporalio/(?!workflow|common)'),
  },
  {
    // Activities know ports (types), not products.
    files: ['src/activities/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '/(adapters|workflows|cli|console)/',
              allowTypeImports: true,
              message: 'Activities know ports, not products.',
            },
            { regex: '^(pg|execa|undici|@aws-sdk/)', message: 'Activities know ports, not products.' },
          ],
        },
      ],
    },
  },
  {
    // Nothing but the sandbox, the bench and the tests knows the Kong stand-in.
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportDeclaration[source.value=/sandbox/]', message: 'src must not know the sandbox.' },
      ],
    },
  },
);
