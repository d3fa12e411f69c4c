import { expect, test } from '@jest/globals';
import { drawRepeatedly, type Screen } from '../../../../src/cli/status/watch.ts';

const LEAVE = '\u001b[?25h\u001b[?1049l';

function recordingScreen(rows: number): Screen & { readonly written: string[]; exit: () => void } {
  const screen = {
    rows,
    written: [] as string[],
    exit: (): void => undefined,
    write: (text: string): void => {
      screen.written.push(text);
    },
    onExit: (restore: () => void): void => {
      screen.exit = restore;
    },
  };
  return screen;
}

test('redraws in place, cut to the screen, until it is interrupted', async () => {
  const interruption = new AbortController();
  const screen = recordingScreen(3);
  const pictures = ['one\ntwo\n', 'one\ntwo\nthree\nfour\n'];
  const render = (): Promise<string> => {
    const next = pictures.shift();
    if (next !== undefined) return Promise.resolve(next);
    interruption.abort();
    return Promise.resolve('never drawn');
  };
  await expect(drawRepeatedly(render, screen, { seconds: 0, signal: interruption.signal })).rejects.toThrow();
  expect(screen.written).toEqual([
    '\u001b[?1049h\u001b[?25l',
    '\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J',
    '\u001b[Hone\u001b[K\r\ntwo\u001b[K\r\n... 2 more lines: enlarge the window, or choose a --region\u001b[K\u001b[J',
    LEAVE,
  ]);
});

test('restores the terminal once, when it fails and when the process ends', async () => {
  const screen = recordingScreen(10);
  const failing = drawRepeatedly(() => Promise.reject(new Error('no answer')), screen, {
    seconds: 1,
    signal: new AbortController().signal,
  });
  await expect(failing).rejects.toThrow('no answer');
  screen.exit();
  expect(screen.written.filter((text) => text === LEAVE)).toHaveLength(1);
});
