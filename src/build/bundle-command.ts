import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));

/**
 * undici as a whole needs a newer Node than 20, because of parts that the command does not use. These are the parts
 * that it does use, in the package's form.
 */
const UNDICI_PARTS = `
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
const api = require('undici/lib/api/index.js');
Object.assign(Dispatcher.prototype, api);
const Agent = require('undici/lib/dispatcher/agent.js');
module.exports = {
  request: (url, options = {}) => {
    const { origin, pathname, search } = new URL(url);
    return new Agent().request({ ...options, origin, path: pathname + search, method: options.method ?? 'GET' });
  },
};
`;

const undiciParts: Plugin = {
  name: 'undici-parts',
  setup: (bundling) => {
    bundling.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'undici-parts' }));
    bundling.onLoad({ filter: /.*/, namespace: 'undici-parts' }, () => ({
      contents: UNDICI_PARTS,
      resolveDir: SOURCES,
    }));
  },
};

/**
 * Bundles s3xrc for Node 20 and later. Not bundled are the packages of `dependencies` that are native or start threads
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
    plugins: [undiciParts],
    legalComments: 'none',
    logLevel: 'warning',
  });
}
