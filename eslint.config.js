// Biome formats and catches what needs no types; ESLint is here for the rules that need them
// (floating promises, unsafe any, exhaustive switches).
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['build/', 'node_modules/', '.venv/', '.venv-deploy/', '.aws-sam/', 'coverage/', 'eslint.config.js'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // tsconfig's noPropertyAccessFromIndexSignature asks for the bracket form that this rule would remove.
      '@typescript-eslint/dot-notation': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportDeclaration[importKind!='type'][source.value='zod'] > ImportSpecifier[imported.name='z']",
          message: "Write import * as z from 'zod': of the object z, bundles get all of zod, with its 50 languages.",
        },
      ],
    },
  },
);
