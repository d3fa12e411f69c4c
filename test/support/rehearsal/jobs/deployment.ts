import { expect } from '@jest/globals';
import type { Job } from '../job.ts';

/** The complete job of a region's deployment function: it deletes and recreates every custom resource of the region. */
export async function run({ rehearsal, deployed, host }: Job): Promise<void> {
  const custom = rehearsal.resources.filter(
    ({ type, region }) => type.startsWith('Custom::') && region === deployed.region,
  );
  expect(custom.length).toBeGreaterThan(0);
  for (const resource of custom.toReversed()) await rehearsal.serveCustom('delete', resource, host);
  for (const resource of custom) await rehearsal.serveCustom('create', resource, host);
}
