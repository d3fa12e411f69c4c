import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyNotices } from './third-party-notices.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = join(CHECKOUT, 'src');

/** Beside the bundles: the licenses of the packages that are in them. */
const NOTICES = 'THIRD_PARTY_NOTICES.txt';

/** The code of a thread, which starts from a file of its own. */
const WORKER = { out: 'frame-worker', in: join(SOURCES, 'compression/frame-worker.ts') };

/** Not bundled: zstd-napi is a native module, and piscina starts threads from its own file. The image installs both. */
const EXTERNAL = ['zstd-napi', 'piscina'];

/** Some dependencies are CommonJS and call `require`, which an ES module has not. */
const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/**
 * Writes a bundle for each file of src/functions, named like it, and `frame-worker.mjs`: what the container image holds
 * and Lambda runs, and the licenses of what is in them.
 */
export async function bundleFunctions(directory: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: CHECKOUT,
    metafile: true,
    entryPoints: [...(await functionEntries()), WORKER],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK's ES modules can be shaken, its CommonJS cannot: a fifth less CPU at a cold start (docs/performance.md).
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    // What is imported on demand stays a file of its own, which a cold start does not read: a fifth less CPU again.
    splitting: true,
    banner: { js: BANNER },
    minify: true,
    // Logs and dead letters name the class of an error.
    keepNames: true,
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
  });
  await writeFile(join(directory, NOTICES), await thirdPartyNotices(metafile, CHECKOUT));
}

async function functionEntries(): Promise<(typeof WORKER)[]> {
  const folder = join(SOURCES, 'functions');
  return (await readdir(folder)).map((file) => ({ out: basename(file, '.ts'), in: join(folder, file) }));
}
