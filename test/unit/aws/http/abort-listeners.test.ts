import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { whenAborted } from '../../../../src/aws/http/abort-listeners.ts';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('an abort reaches everyone who still waits, once', () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const wait = (name: string) => whenAborted(controller.signal, () => heard.push(name));
  wait('first');
  const stop = wait('second');
  wait('third');
  stop();
  controller.abort();
  expect(heard).toEqual(['first', 'third']);
});

test('whoever stops another one while the abort is under way keeps it from nothing that is not its own', () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const stops = ['first', 'second'].map((name, index) =>
    whenAborted(controller.signal, () => {
      heard.push(name);
      stops[index]?.();
    }),
  );
  controller.abort();
  expect(heard).toEqual(['first', 'second']);
});

test('many waits are one listener, which goes with the last of them and may come again', () => {
  const { signal } = new AbortController();
  const stops = Array.from({ length: 300 }, () => whenAborted(signal, () => undefined));
  expect(listenersOf(signal)).toBe(1);
  for (const stop of stops) stop();
  expect(listenersOf(signal)).toBe(0);
  const again = whenAborted(signal, () => undefined);
  expect(listenersOf(signal)).toBe(1);
  again();
  again();
  expect(listenersOf(signal)).toBe(0);
});
