import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleCommand } from '../../src/build/bundle-command.ts';
import { buildArchive } from '../support/archives.ts';
import { plainNode } from '../support/operated/plain-node.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SLOWEST = 300_000;
/** What the bundle reads at run time, beside itself. */
const FILES = ['bin', 'configuration', 'docs', 'src/stacks', 'requirements', 'package.json', '.npmrc'];

/** Holds `project`, which is what is left of a checkout without its sources and devDependencies, and what the commands are run on. */
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'installed-')));
  const project = join(folder, 'project');
  for (const name of FILES) await cp(join(PROJECT, name), join(project, name), { recursive: true });
  await bundleCommand(join(project, 'build/s3xrc'));
  await linkPackages(join(project, 'node_modules'));
  await mkdir(join(folder, 'objects/logs'), { recursive: true });
  for (const name of ['a', 'b'])
    await writeFile(join(folder, `objects/logs/${name}.log`), `${name} line\n`.repeat(9000));
  const objects = [{ key: 'logs/a.log', body: Buffer.from('an object') }];
  await writeFile(join(folder, 'archive.tar.zst'), buildArchive(objects));
}, SLOWEST);
afterAll(() => rm(folder, { recursive: true }));

/** Packages of `dependencies`, with all that they depend on, as `npm ci --omit=dev` would install them. */
async function linkPackages(target: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(PROJECT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  const installed = Object.entries(lock.packages).filter(
    ([path, { dev, devOptional }]) =>
      /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && dev !== true && devOptional !== true,
  );
  for (const [path] of installed) {
    const place = join(target, path.slice('node_modules/'.length));
    await mkdir(dirname(place), { recursive: true });
    // Optional ones are missing on some systems.
    await symlink(join(PROJECT, path), place).catch(() => undefined);
  }
}

/** The command lines of a user who has just installed it, with what each has to print. */
const LINES: readonly (readonly [readonly string[], RegExp])[] = [
  [['--version'], /^s3xrc \d+\.\d+\.\d+\n$/],
  [['help'], /^Usage: s3xrc <command> \[options\]/],
  [['estimate', 'objects', '--monthly', '50TB'], /^\(all\) +2 [\s\S]*saves \$[\d,.]+ a month/m],
  [['archive', 'ls', 'archive.tar.zst'], /^9 .* {2}logs\/a\.log\n$/m],
  [['archive', 'cat', 'archive.tar.zst', 'logs/a.log'], /^an object$/],
];

describe.each(['20.20.2', '22.23.3'])('on plain Node %s, without devDependencies', (version) => {
  let node: string;
  let prefix: string;

  beforeAll(async () => {
    node = await plainNode(version);
    prefix = await mkdtemp(join(folder, 'prefix-'));
  }, SLOWEST);

  test('it is that Node', () => {
    expect(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout).toBe(`v${version}\n`);
  });

  test.each(LINES)(
    'node build/s3xrc/main.mjs %j',
    (args, printed) => {
      const { status, stdout, stderr } = spawnSync(node, [join(folder, 'project/build/s3xrc/main.mjs'), ...args], {
        cwd: folder,
        env: {},
        encoding: 'utf8',
      });
      expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(printed);
    },
    SLOWEST,
  );

  test(
    'npm install -g . puts s3xrc on the PATH',
    async () => {
      const PATH = [dirname(node), process.env['PATH']].join(delimiter);
      // `prepare` makes the bundle, which takes the devDependencies; here it is made.
      const install = spawnSync('npm', ['install', '-g', '--ignore-scripts', '--offline', '--prefix', prefix, '.'], {
        cwd: join(folder, 'project'),
        env: { PATH, HOME: folder },
        encoding: 'utf8',
      });
      expect({ status: install.status, output: install.status === 0 ? '' : install.stderr }).toEqual({
        status: 0,
        output: '',
      });
      expect(await readdir(join(prefix, 'bin'))).toEqual(['s3xrc']);
      for (const [args, printed] of LINES) {
        const env = { PATH: [join(prefix, 'bin'), PATH].join(delimiter) };
        const { status, stdout, stderr } = spawnSync('s3xrc', args, { cwd: folder, env, encoding: 'utf8' });
        expect({ args, status, stderr: withoutProgress(stderr) }).toEqual({ args, status: 0, stderr: '' });
        expect(stdout).toMatch(printed);
      }
    },
    SLOWEST,
  );
});

function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^(?:Reads|Reading|Listing) .*\n/gm, '');
}
