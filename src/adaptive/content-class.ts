/**
 * Kinds of content with separate statistics. They are few and fixed, since learning starts from scratch for each.
 *
 * | class    | by its name                                       | by test             |
 * |----------|---------------------------------------------------|---------------------|
 * | text     | text of any kind: JSON, CSV, logs, markup, sources | compresses          |
 * | columnar | tables that are compressed in part, such as Parquet | compresses          |
 * | other    | anything else                                     | compresses          |
 * | packed   | anything                                          | does not compress   |
 */
export const CONTENT_CLASSES = ['text', 'columnar', 'other', 'packed'] as const;

export type ContentClass = (typeof CONTENT_CLASSES)[number];

/** If level 1 leaves more than this share of a spread sample, the frame is already compressed. */
export const PACKED_FRACTION = 0.95;

const EXTENSIONS: Readonly<Record<Exclude<ContentClass, 'other'>, string>> = {
  text:
    'json jsonl ndjson csv tsv txt log xml html htm css js ts mjs map md yaml yml toml ini conf cfg sql svg geojson py rb go ' +
    'rs c h cc cpp java kt sh tex vcf fasta fastq sam eml ics rtf',
  columnar: 'parquet orc avro feather arrow',
  packed:
    'gz gzip tgz zip zst zstd br bz2 xz lz4 7z rar jar war whl apk docx xlsx pptx odt epub jpg jpeg png gif webp avif heic ' +
    'mp3 m4a aac ogg opus flac mp4 m4v mov mkv webm avi wmv woff woff2 pdf',
};

const CLASS_BY_EXTENSION: ReadonlyMap<string, ContentClass> = new Map(
  Object.entries(EXTENSIONS).flatMap(([name, extensions]) =>
    extensions.split(' ').map((extension) => [extension, name as ContentClass] as const),
  ),
);

/** The class that an object's name suggests. */
export function expectedClass(key: string): ContentClass {
  const extension = /\.([A-Za-z0-9]{1,8})$/.exec(key)?.[1]?.toLowerCase() ?? '';
  return CLASS_BY_EXTENSION.get(extension) ?? 'other';
}

/** The class that a frame counts toward: the result of the test overrides what its names suggest. */
export function settledClass(expected: ContentClass, packed: boolean): ContentClass {
  if (packed) return 'packed';
  return expected === 'packed' ? 'other' : expected;
}
