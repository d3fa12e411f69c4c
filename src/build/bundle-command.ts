import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles s3xrc for Node 20 and later. It leaves out the packages of `dependencies` that are native or start threads
 * from their own files, and the tools that only a checkout has.
 */
export async function bundleCommand(directory: string): Promise<void> {
  await build({
    entryPoints: [{ out: 'main', in: join(SOURCES, 'cli/main.ts') }],
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    inject: [join(SOURCES, 'build/newer-built-ins.ts')],
    external: ['zstd-napi', 'zstd-napi/binding.js', 'piscina', 'esbuild'],
    splitting: true,
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}
