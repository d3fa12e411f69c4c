import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyNotices } from './third-party-notices.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = join(CHECKOUT, 'src');

/** Written next to the bundles: the licenses of the packages in them. */
const NOTICES = 'THIRD_PARTY_NOTICES.txt';

/** The code of a thread, which starts from a separate file. */
const WORKER = { out: 'frame-worker', in: join(SOURCES, 'compression/frame-worker.ts') };

/** Not bundled: zstd-napi is a native module, and piscina starts threads from its own file. The image installs both. */
const EXTERNAL = ['zstd-napi', 'piscina'];

/** Some dependencies are CommonJS and call `require`, which ES modules do not have. */
const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/**
 * Writes a bundle for each file of src/functions, named like it, and `frame-worker.mjs`: the contents of the container
 * image, which Lambda runs. Also writes the licenses of the bundled packages.
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
    // Tree shaking works for the SDK's ES modules, not for its CommonJS: a fifth less CPU at a cold start
    // (docs/performance.md).
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    // Modules that are imported on demand remain separate files, which a cold start does not read: another fifth less
    // CPU.
    splitting: true,
    banner: { js: BANNER },
    minify: true,
    // Logs and dead letters contain the class names of errors.
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
