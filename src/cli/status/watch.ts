import { setTimeout as sleep } from 'node:timers/promises';

/** A terminal on which a picture is redrawn repeatedly. */
export interface Screen {
  readonly rows: number;
  write(text: string): void;
  /** Called when this process ends, for any reason. */
  onExit(restore: () => void): void;
}

/** To the alternate screen and back, with the cursor hidden in between (ECMA-48, xterm control sequences). */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const TOP = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/**
 * Draws the result of `render` periodically until the signal aborts, then restores the terminal.
 * @throws errors of `render`, and the reason of the signal
 */
export async function drawRepeatedly(
  render: () => Promise<string>,
  screen: Screen,
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<never> {
  let isOpen = true;
  const restore = (): void => {
    if (isOpen) screen.write(LEAVE);
    isOpen = false;
  };
  screen.onExit(restore);
  screen.write(ENTER);
  try {
    for (;;) {
      const lines = fitScreen((await render()).trimEnd().split('\n'), screen.rows);
      signal.throwIfAborted();
      screen.write(`${TOP}${lines.map((line) => `${line}${END_OF_LINE}`).join('\r\n')}${REST_OF_SCREEN}`);
      await sleep(seconds * 1000, undefined, { signal });
    }
  } finally {
    restore();
  }
}

/** A screen scrolls when its last line is full, so the picture must not be longer. */
function fitScreen(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(0, rows - 1);
  return [...lines.slice(0, shown), `... ${lines.length - shown} more lines: enlarge the window, or choose a --region`];
}
