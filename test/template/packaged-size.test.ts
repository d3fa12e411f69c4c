import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { preparePythonEnvironment } from '../../local-cloud/python-environment.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { measureTemplate, writeTemplate } from '../../src/templates/write-template.ts';
import { sixtyRules } from '../support/deployment-configuration.ts';

const SCRIPT = fileURLToPath(new URL('../support/templates/packaged_size.py', import.meta.url));
const OPTIONS = { stacks: 'src/stacks', priceRevision: '1.0.0-0123456789ab' };
const run = promisify(execFile);

test('counts the size of a template as SAM uploads it, and never less', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packaged-'));
  try {
    const { settings, replication } = sixtyRules();
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
    await writeFile(join(folder, 'replication_config.json'), JSON.stringify(replication));
    const configuration = await loadConfiguration(folder);
    const path = join(folder, 'template.yaml');
    const text = writeTemplate(configuration, OPTIONS);
    await writeFile(path, text);
    const address = `https://s3.ap-southeast-2.amazonaws.com/${'b'.repeat(63)}/${configuration.settings.stack_name}/${'0'.repeat(32)}.template`;
    const { stdout } = await run(await preparePythonEnvironment('deploy', () => undefined), [SCRIPT, path, address]);
    const uploaded = Number(stdout);
    const { bytes } = measureTemplate(configuration, OPTIONS);
    expect(uploaded).toBeGreaterThan(1.1 * Buffer.byteLength(text));
    expect(bytes).toBeGreaterThanOrEqual(uploaded);
    expect(bytes).toBeLessThan(1.05 * uploaded);
    // To the nearest thousand.
    const scale = await readFile(new URL('../../docs/scale.md', import.meta.url), 'utf8');
    const said =
      /take ([\d,]+) bytes as the SAM CLI uploads them, which `configure` counts as ([\d,]+)/.exec(scale) ?? [];
    const [of, counted] = said.slice(1).map((number) => Number(number.replace(',', '')));
    expect([of, counted]).toEqual([uploaded, bytes].map((exact) => Math.round(exact / 1_000) * 1_000));
    // CloudFormation accepts 1,000,000, so the share of each rule may grow.
    expect(bytes).toBeLessThan(900_000);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 300_000);
