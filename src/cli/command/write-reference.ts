import { writeFile } from 'node:fs/promises';
import { COMMANDS } from '../commands.ts';
import { renderReference } from './render-reference.ts';

/** `npm run commands:document`: writes docs/commands.md. */
const context = {
  program: 's3xrc',
  signal: new AbortController().signal,
  print: () => Promise.resolve(),
  note: () => undefined,
};
await writeFile(new URL('../../../docs/commands.md', import.meta.url), await renderReference(COMMANDS, context));
