import { readFileSync, writeFileSync } from 'node:fs';
import { updateEconomics } from './economics.ts';

/** Rewrites the tables of docs/economics.md. */
const document = new URL('../../docs/economics.md', import.meta.url);
writeFileSync(document, updateEconomics(readFileSync(document, 'utf8')));
