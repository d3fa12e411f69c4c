import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from './bundle-functions.ts';

/** `npm run build`: the function bundles, into build/functions. */
const directory = fileURLToPath(new URL('../../build/functions', import.meta.url));
// Chunks that bundles share are named after their content, so those of earlier builds would pile up.
await rm(directory, { recursive: true, force: true });
await bundleFunctions(directory);
process.stdout.write(`Bundled the functions into ${directory}\n`);
