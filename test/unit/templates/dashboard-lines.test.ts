import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type MetricLine, shortenLines } from '../../../src/templates/dashboard/shorten-lines.ts';
import { metric } from '../../../src/templates/dashboard/widgets.ts';
import { valuesOfLine } from '../../support/named-metrics.ts';

const waiting = (queue: string, options = {}): MetricLine =>
  metric('AWS/SQS', 'Visible', { QueueName: queue }, { label: queue, stat: 'Maximum', ...options });

describe('shortenLines', () => {
  test('omits what a line shares with the one above, and labels that repeat a value', () => {
    const lines = [waiting('a'), waiting('b'), metric('AWS/SQS', 'Sent', { QueueName: 'b' }, { stat: 'Maximum' })];
    expect(shortenLines(lines)).toEqual({
      stat: 'Maximum',
      lines: [
        ['AWS/SQS', 'Visible', 'QueueName', 'a'],
        ['...', 'b'],
        ['.', 'Sent', '.', '.'],
      ],
    });
  });

  test('keeps statistics that differ, and labels that say more', () => {
    expect(shortenLines([waiting('a', { stat: 'Sum' }), waiting('b', { label: 'B' })]).lines).toEqual([
      ['AWS/SQS', 'Visible', 'QueueName', 'a', { stat: 'Sum' }],
      ['...', 'b', { label: 'B', stat: 'Maximum' }],
    ]);
  });

  test('keeps the label of a single line, which CloudWatch would name after its metric', () => {
    expect(shortenLines([waiting('a')]).lines).toEqual([['AWS/SQS', 'Visible', 'QueueName', 'a', { label: 'a' }]]);
  });

  test('loses no value of any line', () => {
    const value = fc.constantFrom('a', 'b', 'c');
    const lines = fc.array(fc.tuple(value, value, fc.dictionary(value, value, { maxKeys: 2 })), { minLength: 1 });
    fc.assert(
      fc.property(lines, (tuples) => {
        const full = tuples.map(([namespace, name, dimensions]) => metric(namespace, name, dimensions, {}));
        const { lines: short } = shortenLines(full);
        full.forEach((line, index) => {
          expect(valuesOfLine(short, index)).toEqual(line.slice(0, -1));
        });
      }),
    );
  });
});
