#!/usr/bin/env node
// Starts s3xrc: from its sources with the project's own Node if that is installed, otherwise the bundle that `npm ci`
// built.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const bundle = new URL('../build/s3xrc/main.mjs', import.meta.url);
const source = file('../src/cli/main.ts');
const node = file('../node_modules/node/bin/node');

if (existsSync(source) && existsSync(node)) {
  const child = spawn(node, [source, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal also sends Ctrl-C to the child; this process must outlive it to pass on its exit status.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (status, signal) => {
    process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 1);
  });
} else if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  process.stderr.write('error: s3xrc is not built. Run `npm ci` in its folder first.\n');
  process.exitCode = 1;
}
