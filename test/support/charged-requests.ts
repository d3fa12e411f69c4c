import { archiveAmounts, archiveDollars, ruleCosts } from '../../src/adaptive/cost-model.ts';
import type { Billed, CountedShipment } from './counted-shipment.ts';
import { examplePrices } from './prices.ts';

const PUT = 5e-6;
const GET = 0.4e-6;
const SQS = 0.4e-6;
const LAMBDA = 0.2e-6;

/** USD billed for the requests of an archive, and the charge of the cost model for them. */
export interface RequestDollars {
  readonly billed: number;
  readonly charged: number;
}

/**
 * @param seen the requests that the server counted, without those of S3 and Lambda themselves
 * @param replicaPuts PUT-class requests of S3's replication, as many as the upload of the archive took
 * @param overwritten objects whose key exists, which NetBenefit does not know
 */
export function requestDollars(
  { rule, archive }: Pick<CountedShipment, 'rule' | 'archive'>,
  seen: { readonly source: Billed; readonly target: Billed },
  { replicaPuts, overwritten = 0 }: { readonly replicaPuts: number; readonly overwritten?: number },
): RequestDollars {
  const { source, target } = seen;
  const puts = source.puts + replicaPuts + target.puts;
  // An event is sent alone, and received and deleted in batches of ten; that of an archive alone. One invocation per
  // side.
  const queues = archive.objects * 1.2 * SQS + 3 * SQS;
  const billed = puts * PUT + (source.gets + target.gets) * GET + queues + 2 * LAMBDA;
  const { ours } = ruleCosts(rule, examplePrices());
  const requests = ours.filter(({ item }) => item === 'requests');
  const amounts = archiveAmounts({ ...archive, looks: archive.looks + overwritten });
  return { billed, charged: archiveDollars({ ours: requests, plain: [] }, amounts).ours };
}
