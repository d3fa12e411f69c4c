import { archiveAmounts, archiveDollars, ruleCosts } from '../../src/adaptive/cost-model.ts';
import type { Billed, CountedShipment } from './counted-shipment.ts';
import { examplePrices } from './prices.ts';

const PUT = 5e-6;
const GET = 0.4e-6;
const SQS = 0.4e-6;
const LAMBDA = 0.2e-6;

/** USD billed for the requests of an archive, and the cost model's charge for them. */
export interface RequestDollars {
  readonly billed: number;
  readonly charged: number;
}

/**
 * @param seen by the server, without what S3 and Lambda do by themselves
 * @param replicaPuts PUT-class requests by which S3 replicates the archive: as it was uploaded
 * @param overwritten objects whose key exists, which NetBenefit does not know of
 */
export function requestDollars(
  { rule, archive }: Pick<CountedShipment, 'rule' | 'archive'>,
  seen: { readonly source: Billed; readonly target: Billed },
  { replicaPuts, overwritten = 0 }: { readonly replicaPuts: number; readonly overwritten?: number },
): RequestDollars {
  const { source, target } = seen;
  const puts = source.puts + replicaPuts + target.puts;
  // An event is sent once, and received and deleted ten at a time; an archive's alone. One invocation on each side.
  const queues = archive.objects * 1.2 * SQS + 3 * SQS;
  const billed = puts * PUT + (source.gets + target.gets) * GET + queues + 2 * LAMBDA;
  const { ours } = ruleCosts(rule, examplePrices());
  const requests = ours.filter(({ item }) => item === 'requests');
  const amounts = archiveAmounts({ ...archive, looks: archive.looks + overwritten });
  return { billed, charged: archiveDollars({ ours: requests, plain: [] }, amounts).ours };
}
