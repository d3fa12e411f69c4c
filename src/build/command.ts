import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './bundle-command.ts';

/** `npm run build:command`: s3xrc for Node 20 and later, into build/s3xrc. `npm ci` also builds it. */
const directory = fileURLToPath(new URL('../../build/s3xrc', import.meta.url));
await rm(directory, { recursive: true, force: true });
await bundleCommand(directory);
