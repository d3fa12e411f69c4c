/**
 * What the benchmarks pack: deterministic, made in the server of the benchmark on first use, never stored.
 *
 * | corpus  | content                                          | zstd level 3 / 12, one solid stream |
 * |---------|--------------------------------------------------|-------------------------------------|
 * | records | JSON documents of 10,000 bytes: orders of a shop | 4.5 / 4.9                           |
 * | logs    | lines of a service's log                         | 4.1 / 4.4                           |
 */
export type Corpus = 'records' | 'logs';

/**
 * Objects of one size with consecutive numbers; object `n` is the corpus from byte `n * size` on, repeated endlessly.
 */
export interface Workload {
  readonly corpus: Corpus;
  /** Bytes of each object. */
  readonly size: number;
  readonly count: number;
  /** Number of the first object. */
  readonly first?: number;
}

/** Bytes after which a corpus repeats: more than the window of every level up to 19, so no level notices. */
export const CORPUS_SIZE = 32_000_000;
const RECORD_SIZE = 10_000;
const LINES_PER_BATCH = 64;

const SYLLABLES = 'ka ro mi ten sol ver an lu der po ist gra ne chi bal or shi um tre fa qui mon est ri'.split(' ');

/** The bytes of a corpus, the same on every machine. */
export function makeCorpus(corpus: Corpus): Buffer {
  const random = new SeededRandom(7);
  return corpus === 'records' ? makeRecords(random) : makeLogs(random);
}

function makeRecords(random: SeededRandom): Buffer {
  const words = vocabulary(2000, random);
  const word = (): string => random.early(words);
  const products = Array.from(
    { length: 2000 },
    () =>
      `{"sku":"${random.hex(10)}","title":"${word()} ${word()} ${word()}","category":"${random.early(words)}",` +
      `"price":${random.below(20_000) / 100},"currency":"EUR","quantity":`,
  );
  const bytes = Buffer.alloc(CORPUS_SIZE);
  for (let at = 0; at < bytes.length; at += RECORD_SIZE) {
    const day = `2026-11-${10 + random.below(20)}T${10 + random.below(14)}:${10 + random.below(50)}:00.${100 + random.below(900)}Z`;
    let text = `{"order":"${random.hex(32)}","number":${at},"created":"${day}","customer":{"id":${random.below(900_000)},"name":"${word()} ${word()}"},"items":[`;
    while (text.length < RECORD_SIZE - 400) {
      text += `${random.early(products)}${1 + random.below(9)},"trace":"${random.hex(56)}","warehouse":"WH-${10 + random.below(30)}","grams":${random.below(5000)}},`;
    }
    text = `${text.slice(0, -1)}],"note":"`;
    while (text.length < RECORD_SIZE - 2) text += `${word()} `;
    bytes.write(`${text.slice(0, RECORD_SIZE - 2)}"}`, at, 'latin1');
  }
  return bytes;
}

function makeLogs(random: SeededRandom): Buffer {
  const words = vocabulary(1500, random);
  const word = (): string => random.early(words);
  const messages = Array.from(
    { length: 600 },
    () => `${word()}.${word()} ${word()} ${word()} ${word()} ${word()} ${word()} ${word()}`,
  );
  const levels = ['INFO', 'INFO', 'INFO', 'DEBUG', 'WARN'];
  const statuses = ['200', '200', '200', '201', '304', '404', '500'];
  const bytes = Buffer.alloc(CORPUS_SIZE);
  let time = Date.UTC(2026, 10, 23);
  for (let at = 0; at < bytes.length; ) {
    let text = '';
    for (let line = 0; line < LINES_PER_BATCH; line += 1) {
      time += random.below(40);
      text +=
        `${new Date(time).toISOString()} ${random.any(levels)} [worker-${random.below(16)}] ${random.early(messages)} request=${random.hex(52)} ` +
        `user=${random.below(100_000)} status=${random.any(statuses)} duration=${random.below(3000)}ms\n`;
    }
    at += bytes.write(text, at, 'latin1');
  }
  return bytes;
}

function vocabulary(size: number, random: SeededRandom): string[] {
  const words = new Set<string>();
  while (words.size < size) {
    words.add(Array.from({ length: 2 + random.below(3) }, () => random.any(SYLLABLES)).join(''));
  }
  return [...words];
}

/** Mulberry32 (T. Ettinger, public domain): small, fast, and good enough for text. */
class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** An integer of 32 bits. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.next().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  any<T>(items: readonly T[]): T {
    return itemAt(items, this.below(items.length));
  }

  /** Any item, the early ones more often: real words and products differ in frequency. */
  early<T>(items: readonly T[]): T {
    const part = this.next() / 2 ** 32;
    return itemAt(items, Math.floor(part * part * items.length));
  }
}

function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`There is no item ${index} among ${items.length}`);
  return item;
}
