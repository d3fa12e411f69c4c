import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FUNCTION_NAMES } from '../../local-cloud/invocation/functions.ts';
import { bundleFunctions } from '../../src/build/bundle-functions.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

let dockerfile: string;
let image: string;

/** Carries out the copy steps of the Dockerfile without Docker: packages, bundles, configuration. */
beforeAll(async () => {
  dockerfile = await readFile(join(PROJECT, 'layers/Dockerfile'), 'utf8');
  image = await mkdtemp(join(tmpdir(), 'image-'));
  for (const [, name = '', files = ''] of dockerfile.matchAll(
    /WORKDIR \/build\/node_modules\/(\S+)\nRUN mkdir -p [^\n]*\n\s*&& cp -r ([^\n]*?) \/modules/g,
  )) {
    await copyAll(join('node_modules', name), files.split(' '), '');
  }
  for (const [, from = '', to = ''] of dockerfile.matchAll(/&& cp ((?:build|deps)\/\S+) \/modules\/([a-z-]+)\/\S+/g)) {
    await copyAll(join('node_modules', to), [from], '');
  }
  await bundleFunctions(image);
  await cp(join(PROJECT, 'configuration'), join(image, 'configuration'), { recursive: true });
});

afterAll(async () => {
  await rm(image, { recursive: true });
});

async function copyAll(folder: string, files: readonly string[], to: string): Promise<void> {
  for (const file of files) {
    await mkdir(join(image, folder, to), { recursive: true });
    await cp(join(PROJECT, folder, file), join(image, folder, to, file), { recursive: true });
  }
}

function environmentOf(handler: string): NodeJS.ProcessEnv {
  const queue = 'https://sqs.eu-west-1.amazonaws.com/111122223333/queue';
  return {
    AWS_REGION: handler === 'target' ? 'us-east-1' : 'eu-west-1',
    CONFIGURATION_DIRECTORY: join(image, 'configuration'),
    QUEUE_URL: queue,
    DEAD_LETTER_QUEUE_URL: queue,
    MAX_RECEIVES: '5',
    RULE_ID: 'example-documents-a82747f3ed',
    OUTBOUND_BUCKET: 'outbound',
    PROGRESS_BUCKET: 'progress',
    INBOUND_BUCKET: 'inbound',
    INBOUND_BUCKETS: 'inbound-*',
    FAILED_BUCKET: 'failed',
    FAILURES_QUEUE: 'failures',
  };
}

describe('the image', () => {
  test.each(FUNCTION_NAMES)('has everything that loading %s.handler requires', async (handler) => {
    const script = `const { handler } = await import('${join(image, handler)}.mjs'); console.log(typeof handler); process.exit(0);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: image,
      env: environmentOf(handler),
    });
    expect(stdout).toBe('function\n');
  });

  test('uses no feature of BuildKit, since sam builds with the classic builder', () => {
    expect(dockerfile).not.toMatch(/--mount|--chmod|<<|# syntax/);
  });

  test('copies only files that everybody may read, whatever their modes in the checkout', () => {
    const stages = dockerfile.split(/^FROM .*$/m);
    const [, build = '', final = ''] = stages;
    expect(stages).toHaveLength(3);
    const copies = [...final.matchAll(/^(?:COPY|ADD) (.*)$/gm)].map(([, copy = '']) => copy);
    expect(copies.length).toBeGreaterThan(0);
    const steps = build.split('\n');
    for (const copy of copies) {
      const from = /^--from=build (\S+) /.exec(copy)?.[1] ?? `nothing in the build stage: ${copy}`;
      const opened = steps.findIndex((step) => step.startsWith('RUN chmod -R a+rX ') && step.split(' ').includes(from));
      expect({ from, isOpened: opened >= 0 }).toEqual({ from, isOpened: true });
      // Nothing writes there after that.
      expect(steps.slice(opened + 1).filter((step) => step.includes(from))).toEqual([]);
    }
  });

  test('sets no user, since `sam local invoke` appends lines that need root and the task definition names its user', async () => {
    expect(dockerfile).not.toMatch(/^USER /m);
    expect(await readFile(join(PROJECT, 'src/stacks/fallback.yaml'), 'utf8')).toMatch(/^ +User: '[1-9]\d*'$/m);
  });

  test('has no source maps, types or schemas, which nothing reads', async () => {
    for (const folder of ['build/functions', '/modules/zstd-napi', '/modules/piscina']) {
      expect(dockerfile).toContain(`find ${folder} -name '*.map' -delete`);
    }
    const ignored = (await readFile(join(PROJECT, '.dockerignore'), 'utf8')).split('\n').filter((line) => line !== '');
    expect(ignored.indexOf('configuration/*.schema.json')).toBeGreaterThan(ignored.indexOf('!configuration/*.json'));
  });

  test('has the license of every bundled package, with its text', async () => {
    const notices = await readFile(join(image, 'THIRD_PARTY_NOTICES.txt'), 'utf8');
    const [, ...packages] = notices.split(/^(?=--- )/m);
    expect(packages.length).toBeGreaterThan(40);
    for (const name of ['zod', 'p-limit', '@aws-sdk/client-sqs']) {
      expect(notices).toMatch(new RegExp(`^--- ${name} \\d+\\.\\d+\\.\\d+ \\((MIT|Apache-2\\.0)\\)$`, 'm'));
    }
    // Text that identifies each license.
    const words: Readonly<Record<string, RegExp>> = {
      '0BSD': /Permission to use, copy, modify/,
      'Apache-2.0': /Apache License\s+Version 2\.0/,
      'BSD-3-Clause': /Redistributions? (?:of|in)/,
      ISC: /Permission to use, copy, modify/,
      MIT: /Permission is hereby granted/,
      'MIT-0': /Permission is hereby granted/,
    };
    const wrong = packages.filter((text) => {
      const license = /^--- .* \(([^)]*)\)$/m.exec(text)?.[1] ?? '';
      return words[license]?.test(text) !== true;
    });
    expect(wrong.map((text) => text.slice(0, 200))).toEqual([]);
  });

  test('has the licenses of the packages beside the bundles, and of the zstd that is compiled into one', async () => {
    const text = (path: string): Promise<string> => readFile(join(image, 'node_modules', path), 'utf8');
    expect(await text('zstd-napi/LICENSE')).toContain('Apache License');
    expect(await text('zstd-napi/NOTICE')).toContain('Andrew Drake');
    expect(await text('zstd-napi/deps/zstd/LICENSE')).toContain('For Zstandard software');
    expect(await text('piscina/LICENSE')).toContain('Permission is hereby granted');
  });

  test('downloads no headers if the base image has those of its Node', () => {
    expect(dockerfile).toMatch(
      /if \[ -f \/var\/lang\/include\/node\/node_api\.h \]; then export npm_config_nodedir=\/var\/lang; fi/,
    );
  });
});
