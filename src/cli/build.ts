import { fileURLToPath } from 'node:url';
import { bundleFunctions } from '../build/bundle-functions.ts';

/** `npm run build`: the function bundles, into build/functions. */
const directory = fileURLToPath(new URL('../../build/functions', import.meta.url));
await bundleFunctions(directory);
process.stdout.write(`Bundled the functions into ${directory}\n`);
