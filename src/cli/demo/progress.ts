import { MultiBar, type SingleBar } from 'cli-progress';
import { formatCount, formatSeconds } from '../command/numbers.ts';

/** One stage of the demo, with a growing number. */
export interface ProgressBar {
  /** Sets the progress, and the total if it is already known. May be called often. */
  reach(value: number, total?: number): void;
  /** Completes it. @param remark explains the number */
  finish(value: number, remark?: string): void;
}

export interface Progress {
  /** @param total what `reach` counts up to */
  stage(name: string, total: number): ProgressBar;
  /** Prints a note that is not progress. */
  say(line: string): void;
  /** Restores the terminal. */
  close(): void;
}

const NAME_WIDTH = 12;

/** Bars on a terminal; a line per stage if the output goes to a file or a CI log. */
export function createProgress(output: NodeJS.WriteStream): Progress {
  return output.isTTY ? new BarProgress(output) : new LineProgress(output);
}

class BarProgress implements Progress {
  readonly #output: NodeJS.WriteStream;
  #bars: MultiBar | undefined;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  stage(name: string, total: number): ProgressBar {
    this.#bars ??= new MultiBar({
      stream: this.#output,
      format: ' {name} {bar} {value}/{total}  {after}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 36,
      hideCursor: true,
      emptyOnZero: true,
      fps: 8,
      formatValue: (value, _options, type) =>
        type === 'value' || type === 'total' ? formatCount(value) : String(value),
    });
    const begun = performance.now();
    const bar: SingleBar = this.#bars.create(total, 0, { name: name.padEnd(NAME_WIDTH), after: '' });
    return {
      reach: (value, known = total) => {
        bar.setTotal(Math.max(known, value));
        bar.update(value);
      },
      // The bar is not stopped: it would keep its last frame, which is the one before this update.
      finish: (value, remark) => {
        bar.setTotal(value);
        bar.update(value, { after: withRemark(secondsSince(begun), remark) });
      },
    };
  }

  say(line: string): void {
    if (this.#bars?.isActive === true) this.#bars.log(`${line}\n`);
    else this.#output.write(`${line}\n`);
  }

  close(): void {
    this.#bars?.stop();
    this.#bars = undefined;
  }
}

class LineProgress implements Progress {
  readonly #output: NodeJS.WriteStream;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  stage(name: string): ProgressBar {
    const begun = performance.now();
    return {
      reach: () => undefined,
      finish: (value, remark) => {
        const after = withRemark(secondsSince(begun), remark);
        this.say(`${name.padEnd(NAME_WIDTH)} ${formatCount(value).padStart(8)}  ${after}`);
      },
    };
  }

  say(line: string): void {
    this.#output.write(`${line}\n`);
  }

  close(): void {
    // Lines leave nothing behind.
  }
}

function withRemark(text: string, remark: string | undefined): string {
  return remark === undefined ? text : `${text} (${remark})`;
}

function secondsSince(begun: number): string {
  return `after ${formatSeconds((performance.now() - begun) / 1000)}`;
}
