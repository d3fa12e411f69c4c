import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type Random, seededRandom } from '../../local-cloud/faults/random.ts';
import type { ContentClass } from '../../src/adaptive/content-class.ts';
import { makeCorpus } from '../benchmark/workloads.ts';

/** Kinds of real bytes in workloads, and the content class that their names suggest. */
export const KINDS = {
  json: 'text',
  logs: 'text',
  csv: 'text',
  parquet: 'columnar',
  sensors: 'other',
  pictures: 'packed',
} as const satisfies Readonly<Record<string, ContentClass>>;

export type Kind = keyof typeof KINDS;

/** Bytes of a sample. Larger samples would compress 1 to 3% better at all levels and take longer to measure. */
const SAMPLE = 1024 * 1024;

/** Different samples of a kind, the same on every machine. */
export function makeSamples(kind: Kind, count: number): Uint8Array[] {
  if (kind === 'json' || kind === 'logs') {
    const corpus = makeCorpus(kind === 'json' ? 'records' : 'logs');
    return Array.from({ length: count }, (_, index) => corpus.subarray(index * SAMPLE, (index + 1) * SAMPLE));
  }
  return Array.from({ length: count }, (_, index) => fill(MAKERS[kind], seededRandom(index + 1)));
}

const MAKERS: Readonly<Record<Exclude<Kind, 'json' | 'logs'>, (random: Random) => Uint8Array>> = {
  csv: makeTable,
  parquet: makeParquet,
  sensors: makeSensorData,
  pictures: makePicture,
};

/** Files of a kind, concatenated as in a frame. */
function fill(make: (random: Random) => Uint8Array, random: Random): Uint8Array {
  const sample = new Uint8Array(SAMPLE);
  for (let at = 0; at < SAMPLE; ) {
    const file = make(random).subarray(0, SAMPLE - at);
    sample.set(file, at);
    at += file.length;
  }
  return sample;
}

const CITIES = ['Lagos', 'Lima', 'Oslo', 'Quito', 'Kyoto', 'Turin', 'Perth', 'Accra', 'Hanoi', 'Bergen'];

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('There is nothing to pick from');
  return item;
}

/** Sales: increasing dates, few cities, prices. */
function makeTable(random: Random): Uint8Array {
  const rows = Array.from({ length: 4000 }, (_, row) => {
    const day = new Date(Date.UTC(2026, 0, 1) + row * 61_000).toISOString().slice(0, 19);
    return `${day},${pick(CITIES, random)},${Math.floor(random() * 500)},${(random() * 900).toFixed(2)},${random() < 0.8 ? 'paid' : 'open'}`;
  });
  return Buffer.from(`time,city,article,amount,state\n${rows.join('\n')}\n`);
}

/** The same as columns in Parquet, whose pages are compressed with Snappy. */
function makeParquet(random: Random): Uint8Array {
  const rows = Array.from({ length: 8000 }, (_, row) => row);
  const columnData = [
    { name: 'time', data: rows.map((row) => row * 61_000 + Math.floor(random() * 1000)), type: 'INT32' as const },
    { name: 'city', data: rows.map(() => pick(CITIES, random)), type: 'STRING' as const },
    { name: 'article', data: rows.map(() => `A-${Math.floor(random() * 5000)}`), type: 'STRING' as const },
    { name: 'amount', data: rows.map(() => Math.floor(random() * 90_000) / 100), type: 'DOUBLE' as const },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** Records of 16 bytes with a few slowly changing measurements and some noise. */
function makeSensorData(random: Random): Uint8Array {
  const records = 16_384;
  const view = new DataView(new ArrayBuffer(records * 16));
  let temperature = 20;
  for (let record = 0; record < records; record += 1) {
    temperature += (random() - 0.5) / 10;
    view.setUint32(record * 16, record * 250, true);
    view.setUint32(record * 16 + 4, 7 + Math.floor(random() * 4), true);
    view.setFloat32(record * 16 + 8, Math.round(temperature * 64) / 64, true);
    view.setInt16(record * 16 + 12, Math.round(Math.sin(record / 300) * 2000), true);
  }
  return new Uint8Array(view.buffer);
}

/** A photograph as PNG keeps it: differences of neighbors with the noise of a sensor, deflated. */
function makePicture(random: Random): Uint8Array {
  const differences = Uint8Array.from({ length: 300_000 }, () => (random() + random() + random() - 1.5) * 24);
  return deflateSync(differences, { level: 9 });
}
