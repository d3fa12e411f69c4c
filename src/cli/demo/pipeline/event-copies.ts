import * as z from 'zod';
import { DemoFailedError } from '../errors.ts';
import type { PackedVersion } from '../upload/uploaded-object.ts';

/** The parts of an S3 event that identify the version. */
const createdEvent = z.object({
  Records: z.tuple([z.object({ s3: z.object({ object: z.object({ key: z.string(), eTag: z.string() }) }) })]),
});

/** The parts of an S3 event that describe a removal. */
const removalEvent = z.object({ Records: z.tuple([z.object({ eventName: z.string().startsWith('ObjectRemoved:') })]) });

/** Records the events that the source function received, so that they can be repeated. */
export class EventCopies {
  readonly #bodies = new Map<string, string>();
  readonly #removals = new Set<string>();

  /** Each event of a removal, once. */
  get removals(): readonly string[] {
    return [...this.#removals];
  }

  /** @param body of a message; ignored if it is not an event of an object */
  keep(body: string): void {
    const json: unknown = JSON.parse(body);
    if (removalEvent.safeParse(json).success) this.#removals.add(body);
    const event = createdEvent.safeParse(json).data;
    if (event === undefined) return;
    const { key, eTag: etag } = event.Records[0].s3.object;
    this.#bodies.set(nameOf({ key: decodeURIComponent(key.replaceAll('+', '%20')), etag }), body);
  }

  /** @throws DemoFailedError when the version was never announced */
  bodyOf(version: PackedVersion): string {
    const body = this.#bodies.get(nameOf(version));
    if (body !== undefined) return body;
    throw new DemoFailedError(`The source function never received an event for ${nameOf(version)}`);
  }
}

function nameOf({ key, etag }: PackedVersion): string {
  return `${JSON.stringify(key)} (${etag})`;
}
