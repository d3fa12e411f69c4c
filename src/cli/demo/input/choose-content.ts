import { chooseFiles } from './choose-files.ts';
import { type BucketAccess, openBucket } from './open-bucket.ts';
import { contentOfFolder, type PlannedContent } from './plan-objects.ts';
import { type BucketSource, sampleBucket } from './sample-bucket.ts';

export interface ChosenContent {
  readonly content: PlannedContent;
  /** Where it comes from, for people. */
  readonly description: string;
  /** The cost of reading it, if it is in a bucket. */
  readonly cost?: string;
  /** Whether it is the demo's own choice. */
  readonly isOwn: boolean;
}

/**
 * Chooses what to replicate: objects of a bucket, a folder, or files that every checkout has.
 * @param cleanup gets the connections to the bucket
 * @throws DemoInputError when there is nothing; errors of listing
 */
export async function chooseContent(
  { source, bucket }: { readonly source?: string; readonly bucket?: BucketSource & BucketAccess },
  cleanup: AsyncDisposableStack,
): Promise<ChosenContent> {
  if (bucket !== undefined) {
    const opened = cleanup.use(await openBucket(bucket));
    return { ...(await sampleBucket(bucket, opened)), isOwn: false };
  }
  const content = contentOfFolder(await chooseFiles(source));
  return { content, description: source ?? 'Files of node_modules', isOwn: source === undefined };
}
