import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundleCommand } from '../../src/build/bundle-command.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** Removes what our sources use and Node 20 lacks. */
const LIKE_NODE_20 = 'data:text/javascript,delete Map.groupBy; delete Promise.withResolvers;';
const SETTINGS = {
  stack_name: 'app',
  enabled_regions: [
    { region: 'eu-west-1', source_target: ['source'] },
    { region: 'us-east-1', source_target: ['target'] },
  ],
};
const RULES = {
  replication_configuration: [
    { source: { region: 'eu-west-1', bucket: 'objects' }, destinations: [{ region: 'us-east-1', bucket: 'restored' }] },
  ],
};

/** In the project, since the bundle does not contain its packages. */
let folder: string;

beforeAll(async () => {
  await mkdir(join(PROJECT, 'build'), { recursive: true });
  folder = await mkdtemp(join(PROJECT, 'build/command-bundle-'));
  await bundleCommand(join(folder, 's3xrc'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify(SETTINGS));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(RULES));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

test('runs on Node 20, which lacks built-ins of newer versions', () => {
  const args = ['doctor', '--only', 'configuration', 'machine', 'identity', '--configuration', folder];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', LIKE_NODE_20, join(folder, 's3xrc/main.mjs'), ...args],
    {
      env: { PATH: process.env['PATH'], HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' },
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^ {2}ok {7}values: 1 rule, all checks passed/m);
  expect(stdout).toMatch(/^ {2}FAILURE {2}account: AWS does not accept the credentials/m);
});

test.each(['demo', 'invoke'])('says that %s needs a checkout, and still completes the other commands', (name) => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', LIKE_NODE_20, join(folder, 's3xrc/main.mjs'), ...args], {
      encoding: 'utf8',
    });
  const { stderr, status } = run(name);
  expect(stderr).toBe(
    `error: s3xrc ${name} needs a checkout of the project: run \`npm ci\` and \`npx s3xrc ${name}\` in it.\n`,
  );
  expect(status).toBe(1);
  const completion = run('completion', 'bash');
  expect(completion.stderr).toBe('');
  expect(completion.stdout).toContain('estimate) words="--to');
});
