import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { confirm, type Question } from '../../../../src/cli/command/confirm.ts';
import { UsageError } from '../../../../src/cli/command/errors.ts';

const SIGNAL = new AbortController().signal;

/** Asks at a terminal at which this is typed. */
async function ask(question: Question, typed: string): Promise<{ readonly agreed: boolean; readonly shown: string }> {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new PassThrough();
  const agreed = confirm(question, SIGNAL, { input, output });
  input.write(`${typed}\n`);
  return { agreed: await agreed, shown: String(output.read()) };
}

describe('a question before a change', () => {
  test.each([
    ['y', true],
    ['YES', true],
    ['', false],
    ['n', false],
    ['yeah', false],
  ])('is answered by "%s"', async (typed, agreed) => {
    expect(await ask({ text: 'Send 2 messages?', yes: undefined }, typed)).toMatchObject({
      agreed,
      shown: expect.stringMatching(/^Send 2 messages\? \[y\/N\] /),
    });
  });

  test.each([
    ['app', true],
    [' app ', true],
    ['y', false],
    ['apps', false],
    ['', false],
  ])('that requires a name is answered by "%s"', async (typed, agreed) => {
    expect(await ask({ text: 'Delete it?', yes: false, expected: 'app' }, typed)).toMatchObject({
      agreed,
      shown: expect.stringMatching(/^Delete it\? Type app to confirm: /),
    });
  });

  test('is not asked with --yes', async () => {
    const terminal = { input: new PassThrough(), output: new PassThrough() };
    expect(await confirm({ text: 'Delete it?', yes: true, expected: 'app' }, SIGNAL, terminal)).toBe(true);
    expect(terminal.output.read()).toBeNull();
  });

  test('is a usage error if nobody can answer', async () => {
    const terminal = { input: new PassThrough(), output: new PassThrough() };
    const asked = confirm({ text: 'Delete it?', yes: undefined }, SIGNAL, terminal);
    await expect(asked).rejects.toThrow(UsageError);
    await expect(asked).rejects.toThrow('Delete it? There is no terminal to answer on: add --yes.');
  });

  test('ends with the signal', async () => {
    const interruption = new AbortController();
    const terminal = { input: Object.assign(new PassThrough(), { isTTY: true }), output: new PassThrough() };
    const asked = confirm({ text: 'Delete it?', yes: undefined }, interruption.signal, terminal);
    interruption.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });
});
