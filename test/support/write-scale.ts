import { readFile, writeFile } from 'node:fs/promises';
import { replaceScaleTable } from './scale.ts';

/** `node test/support/write-scale.ts`: writes the table of docs/scale.md. */
const document = new URL('../../docs/scale.md', import.meta.url);
await writeFile(document, replaceScaleTable(await readFile(document, 'utf8')));
