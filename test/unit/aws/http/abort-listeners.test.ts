import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { whenAborted } from '../../../../src/aws/http/abort-listeners.ts';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('an abort reaches every remaining waiter once', () => {
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

test('a waiter that stops itself during the abort does not keep the others from hearing it', () => {
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

test('many waits share one listener, which is removed with the last of them and can be added again', () => {
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
