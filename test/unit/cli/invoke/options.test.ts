import { describe, expect, test } from '@jest/globals';
import { parseInvokeOptions } from '../../../../src/cli/invoke/options.ts';

const parse = (...args: string[]) => parseInvokeOptions(args, () => undefined);

describe('npm run invoke', () => {
  test('accepts a function, events and a timeout', () => {
    expect(parse('source', 'a.json', 'b.json', '--timeout', '5')).toEqual({
      kind: 'invoke',
      functionName: 'source',
      files: ['a.json', 'b.json'],
      timeoutSeconds: 5,
      deletes: false,
    });
    expect(parse('source', 'a.json', '--deletes')).toMatchObject({ deletes: true, timeoutSeconds: undefined });
  });

  test('serves by default where events/env.json expects it', () => {
    expect(parse('--serve')).toEqual({ kind: 'serve', host: '127.0.0.1', port: 5000 });
  });

  test('refuses --deletes where it would change nothing', () => {
    expect(() => parse('--serve', '--deletes')).toThrow(/^--deletes cannot be used with --serve/);
  });

  test('names the available functions for an unknown one', () => {
    expect(() => parse('sauce', 'a.json')).toThrow(
      /'sauce' is invalid.*source, target, resend, verify, watermark, backfill, deployment/,
    );
  });

  test.each([[[]], [['source']]])('requires a function and an event: %j', (args) => {
    expect(() => parse(...args)).toThrow(
      /^Name a function \(source, target, resend, verify, watermark, backfill, deployment\) and an event file/,
    );
  });

  test.each(['0', 'soon', '1.5'])('refuses a timeout of %s seconds', (seconds) => {
    expect(() => parse('source', 'a.json', '--timeout', seconds)).toThrow(/whole number/);
  });

  test('prints help', () => {
    let help = '';
    parseInvokeOptions(['--help'], (text) => {
      help += text;
    });
    expect(help).toContain('s3xrc invoke');
  });
});
