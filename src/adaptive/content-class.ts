/**
 * Kinds of content with separate statistics. They are few and fixed, since learning starts from scratch for each.
 *
 * | class    | by its name                                       | by test             |
 * |----------|---------------------------------------------------|---------------------|
 * | text     | text of any kind: JSON, CSV, logs, markup, sources | compresses          |
 * | columnar | tables that are compressed in part, such as Parquet | compresses          |
 * | other    | anything else                                     | compresses          |
 * | packed   | anything                                          | does not compress   |
 *
 * To add one, follow "Add a content class" in CONTRIBUTING.md.
 */
const CLASSES = {
  text: {
    typicalFraction: 0.28,
    equalWithin: 0,
    extensions:
      'json jsonl ndjson csv tsv txt log xml html htm css js ts mjs map md yaml yml toml ini conf cfg sql svg geojson py rb go ' +
      'rs c h cc cpp java kt sh tex vcf fasta fastq sam eml ics rtf',
  },
  columnar: { typicalFraction: 0.8, equalWithin: 0, extensions: 'parquet orc avro feather arrow' },
  other: { typicalFraction: 0.6, equalWithin: 0, extensions: '' },
  packed: {
    typicalFraction: 1,
    // Levels of packed content differ only in CPU time, by a few tenths of a percent at most, which the clock of a busy
    // machine cannot measure.
    equalWithin: 0.003,
    extensions:
      'gz gzip tgz zip zst zstd br bz2 xz lz4 7z rar jar war whl apk docx xlsx pptx odt epub jpg jpeg png gif webp avif heic ' +
      'mp3 m4a aac ogg opus flac mp4 m4v mov mkv webm avi wmv woff woff2 pdf',
  },
} as const satisfies Readonly<Record<string, ClassFacts>>;

/** The properties that each class declares. */
interface ClassFacts {
  /** Compressed share of such content at level 1, used before anything was measured. */
  readonly typicalFraction: number;
  /** Levels whose costs differ by less than this share are treated as equal: the fastest of them is used. */
  readonly equalWithin: number;
  /** Extensions of object names that suggest the class. */
  readonly extensions: string;
}

export type ContentClass = keyof typeof CLASSES;

export const CONTENT_CLASSES = Object.keys(CLASSES) as readonly ContentClass[];

/** If level 1 leaves more than this share of a spread sample, the frame is already compressed. */
export const INCOMPRESSIBLE_FRACTION = 0.95;

const CLASS_BY_EXTENSION: ReadonlyMap<string, ContentClass> = new Map(
  CONTENT_CLASSES.flatMap((content) =>
    CLASSES[content].extensions.split(' ').map((extension) => [extension, content] as const),
  ),
);

export function factsOfClass(content: ContentClass): ClassFacts {
  return CLASSES[content];
}

/** The class that an object's name suggests. */
export function guessContentClass(key: string): ContentClass {
  const extension = /\.([A-Za-z0-9]{1,8})$/.exec(key)?.[1]?.toLowerCase() ?? '';
  return CLASS_BY_EXTENSION.get(extension) ?? 'other';
}

/** The class that a frame counts toward: the result of the test overrides what its names suggest. */
export function resolveContentClass(expected: ContentClass, isPacked: boolean): ContentClass {
  if (isPacked) return 'packed';
  return expected === 'packed' ? 'other' : expected;
}
