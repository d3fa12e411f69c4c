import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BackgroundLoop } from '../../../local-cloud/background-loop.ts';

describe('BackgroundLoop', () => {
  it('repeats its round until it is stopped, and can be started again', async () => {
    let rounds = 0;
    const loop = new BackgroundLoop(async () => {
      rounds += 1;
      await nextTurn();
    });
    loop.start();
    while (rounds < 3) await nextTurn();
    await loop.stop();
    const atStop = rounds;
    await nextTurn();
    expect(rounds).toBe(atStop);
    loop.start();
    while (rounds < atStop + 2) await nextTurn();
    await loop.stop();
    await loop.throwFailure();
  });

  it('keeps the failure of a round for callers that wait for it', async () => {
    const loop = new BackgroundLoop(() => Promise.reject(new Error('gone')));
    loop.start();
    await expect(loop.orFailure(new Promise(() => undefined))).rejects.toThrow('gone');
    await loop.stop();
    await expect(loop.throwFailure()).rejects.toThrow('gone');
  });
});
