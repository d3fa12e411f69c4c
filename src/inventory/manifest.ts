import * as z from 'zod';
import { parseJson } from '../json.ts';
import { InvalidInventoryError } from './errors.ts';

/** The fields of `manifest.json` that we need (Amazon S3 user guide, "Inventory manifest"). */
const manifestSchema = z.looseObject({
  sourceBucket: z.string().min(1),
  destinationBucket: z.string().min(1),
  creationTimestamp: z.string().regex(/^\d{1,15}$/, 'It must be milliseconds since 1970'),
  fileFormat: z.string(),
  fileSchema: z.string(),
  files: z.array(
    z.looseObject({ key: z.string().min(1), size: z.number().optional(), MD5checksum: z.string().optional() }),
  ),
});

export interface InventoryDataFile {
  readonly key: string;
  /** Hexadecimal. */
  readonly md5?: string;
}

export interface InventoryManifest {
  /** The bucket that is listed. */
  readonly bucket: string;
  /** The bucket that the data files are in. */
  readonly fileBucket: string;
  /** Milliseconds since 1970 at which S3 began to list. */
  readonly created: number;
  readonly format: 'CSV' | 'Parquet';
  /** Names of the CSV fields, in their order. */
  readonly fields: readonly string[];
  readonly files: readonly InventoryDataFile[];
}

const ARN = 'arn:aws';

/**
 * Reads the manifest of an S3 Inventory.
 * @param name of the manifest, for messages
 * @throws InvalidInventoryError
 */
export function parseInventoryManifest(text: string, name: string): InventoryManifest {
  const invalid = (reason: string, cause?: unknown): InvalidInventoryError =>
    new InvalidInventoryError(`${name} is not the manifest of an S3 Inventory: ${reason}`, {
      context: { manifest: name },
      cause,
    });
  const parsed = manifestSchema.safeParse(parseJson(text, (cause) => invalid('it is not valid JSON.', cause)));
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' '));
  const { sourceBucket, destinationBucket, creationTimestamp, fileFormat, fileSchema, files } = parsed.data;
  if (fileFormat !== 'CSV' && fileFormat !== 'Parquet') {
    throw invalid(`its format is ${fileFormat}; CSV and Parquet can be read. Choose one of them in the inventory.`);
  }
  return {
    bucket: sourceBucket,
    fileBucket: destinationBucket.startsWith(ARN) ? (destinationBucket.split(':').at(-1) ?? '') : destinationBucket,
    created: Number(creationTimestamp),
    format: fileFormat,
    fields: fileSchema.split(',').map((field) => field.trim()),
    files: files.map(({ key, MD5checksum }) => ({ key, ...(MD5checksum === undefined ? {} : { md5: MD5checksum }) })),
  };
}
