import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { preparePythonEnvironment } from '../../local-cloud/python-environment.ts';
import { commandsIn, type DocumentedCommand, documentedCommands } from '../support/documents/documented-commands.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../support/documents/check_commands.py', import.meta.url));
const PROGRAMS = ['aws', 'sam'];
const MINUTES = 60_000;
/** A command of the AWS CLI in one of our texts, up to its last word. */
const IN_SOURCES =
  /\baws [a-z0-9-]+ [a-z][a-z0-9-]+(?: --[a-z-]+(?:=\S+)?(?: (?:'[^']*'|[\w$/](?:[^\s'"`,|)]|,(?=\S))*))*)*/g;

/** The faults of each command, by command. */
async function complaints(commands: readonly DocumentedCommand[]): Promise<Record<string, readonly string[]>> {
  const python = await preparePythonEnvironment('deploy', () => undefined);
  const child = execFile(python, [SCRIPT], { maxBuffer: 1 << 26, env: { ...process.env, SAM_CLI_TELEMETRY: '0' } });
  const printed = new Promise<string>((resolve, reject) => {
    let [out, err] = ['', ''];
    child.stdout?.on('data', (text: string) => {
      out += text;
    });
    child.stderr?.on('data', (text: string) => {
      err += text;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve(out);
      else reject(new Error(err));
    });
  });
  child.stdin?.end(JSON.stringify(commands.map(({ words, isWhole }) => ({ words, whole: isWhole }))));
  const found = JSON.parse(await printed) as string[][];
  return Object.fromEntries(
    commands.flatMap(({ words }, index) => {
      const wrong = found[index] ?? [];
      return wrong.length === 0 ? [] : [[words.join(' '), wrong]];
    }),
  );
}

/** Every page that operators read; decisions describe the past. */
async function pages(): Promise<string[]> {
  const docs = (await readdir(join(PROJECT, 'docs'))).filter((name) => name.endsWith('.md'));
  const paths = ['README.md', 'events/README.md', 'layers/README.md', ...docs.map((name) => `docs/${name}`)];
  return Promise.all(paths.map((path) => readFile(join(PROJECT, path), 'utf8')));
}

async function textsIn(path: string, ending: string): Promise<string[]> {
  const folder = join(PROJECT, path);
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(ending));
  return Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
}

describe('commands of AWS and SAM', () => {
  test(
    'in the documents exist, with their options and values',
    async () => {
      const commands = (await pages()).flatMap((text) => documentedCommands(text, PROGRAMS));
      expect(commands.filter(({ words }) => words[0] === 'aws').length).toBeGreaterThan(40);
      expect(commands.filter(({ words }) => words[0] === 'sam').length).toBeGreaterThan(10);
      expect(await complaints(commands)).toEqual({});
    },
    3 * MINUTES,
  );

  test('in the documents read log groups that the stacks create, for messages that the code writes', async () => {
    const tails = (await pages())
      .flatMap((text) => documentedCommands(text, PROGRAMS))
      .filter(
        ({ words: [, service, operation, group] }) => service === 'logs' && operation === 'tail' && group !== undefined,
      );
    expect(tails.length).toBeGreaterThan(10);
    const stacks = await textsIn('src/stacks', '.yaml');
    const groups = stacks.flatMap((text) =>
      [...text.matchAll(/LogGroupName: !Sub '([^']*)'/g)].map(([, name = '']) => name),
    );
    const named = tails.map(({ words }) => words[3] ?? '').filter((group) => group.startsWith('/'));
    // `STACK` and `RULE-ID` of the pages stand for values that the templates insert.
    const known = groups.map((group) =>
      group.replaceAll(/\$\{(?:StackName|NamePrefix)\}/g, 'STACK').replace(/\$\{RuleId\}/, 'RULE-ID'),
    );
    expect(named.filter((group) => !known.includes(group))).toEqual([]);
    const sources = (await textsIn('src', '.ts')).join('\n');
    const messages = tails.flatMap(({ words }) =>
      [...words.join(' ').matchAll(/\$\.message = "([^"]*)"/g)].map(([, message = '']) => message),
    );
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.filter((message) => !sources.includes(`'${message.replace('*', '')}`))).toEqual([]);
  });

  test(
    'in printed messages exist, with their options and values',
    async () => {
      const lines = (await textsIn('src', '.ts')).flatMap(
        (text) => text.replaceAll(/\$\{[^}]*\}/g, 'VALUE').match(IN_SOURCES) ?? [],
      );
      expect(lines.length).toBeGreaterThan(20);
      const commands = lines.flatMap((line) => commandsIn(line, PROGRAMS)).map((words) => ({ words, isWhole: false }));
      expect(await complaints(commands)).toEqual({});
    },
    3 * MINUTES,
  );

  test(
    'are reported if they are wrong',
    async () => {
      const line = (text: string): DocumentedCommand[] =>
        commandsIn(text, PROGRAMS).map((words) => ({ words, isWhole: true }));
      const wrong = [
        'aws s3api head-objects --bucket B --key K',
        'aws s3api head-object --buckets B --key K',
        'aws s3api head-object --bucket B',
        'aws s3api put-bucket-versioning --bucket B --versioning-configuration Status=Off',
        'aws lambda put-function-recursion-config --function-name F --recursive-loop Allowed',
        'aws dynamodb update-time-to-live --table-name T --time-to-live-specification Enabled=yes,AttributeName=A',
        'aws logs tail GROUP --from 3h',
        'aws logs describe-resource-policy',
        'aws stepfunction stop-execution --execution-arn ARN',
        'sam deploy --config /samconfig.toml',
        'sam list outputs',
      ];
      const right = [
        'aws lambda update-event-source-mapping --uuid UUID --no-enabled',
        'aws sns subscribe --topic-arn ARN --protocol email --notification-endpoint a@b.test',
        'sam deploy --config-file x --config-env us-east-1',
      ];
      expect(Object.keys(await complaints([...wrong, ...right].flatMap(line)))).toEqual(wrong);
    },
    3 * MINUTES,
  );
});
