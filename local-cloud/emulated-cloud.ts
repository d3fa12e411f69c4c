import { type AwsServer, startAwsServer } from './aws-server.ts';
import { LocalServerError } from './errors.ts';
import { FaultProxy, type Outage } from './fault-proxy.ts';
import { seededRandom } from './faults/random.ts';
import { preparePythonEnvironment } from './python-environment.ts';
import { createRegionClients, destroyRegionClients, type RegionClients } from './region-clients.ts';

export interface FaultPlan {
  /** Share of the functions' requests that fail, 0 to 1. */
  readonly share: number;
  readonly seed: number;
  /** Default: 5. */
  readonly stallSeconds?: number;
  /** An outage in one region. Default: none. */
  readonly outage?: Outage & { readonly region: string };
}

export interface EmulatedCloudOptions {
  readonly regions: readonly string[];
  /** Absent: nothing fails. */
  readonly faults?: FaultPlan;
  /** Called with a line for the user when something takes long. */
  readonly announce?: (line: string) => void;
}

export interface EmulatedRegion extends RegionClients {
  readonly name: string;
  /** For the functions: behind the fault proxy if there is one. */
  readonly endpoint: string;
  /** For setup and verification, without injected faults. The clients use it. */
  readonly directEndpoint: string;
  /** Absent without faults. */
  readonly faults?: FaultProxy;
}

const DEFAULT_STALL_SECONDS = 5;

/** S3, SQS and DynamoDB in several emulated regions, each served by a separate process. */
export class EmulatedCloud {
  readonly regions: ReadonlyMap<string, EmulatedRegion>;
  readonly #servers: readonly AwsServer[];

  constructor(regions: readonly EmulatedRegion[], servers: readonly AwsServer[]) {
    this.regions = new Map(regions.map((region) => [region.name, region]));
    this.#servers = servers;
  }

  /** @throws LocalServerError when the cloud was started without this region */
  region(name: string): EmulatedRegion {
    const region = this.regions.get(name);
    if (region !== undefined) return region;
    throw new LocalServerError(`The local cloud has no region ${name}, only ${[...this.regions.keys()].join(', ')}`);
  }

  /** Ends all servers and proxies, and with them everything they stored. */
  async stop(): Promise<void> {
    for (const region of this.regions.values()) {
      destroyRegionClients(region);
      await region.faults?.stop();
    }
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

/** @throws errors of `preparePythonEnvironment` and `startAwsServer`; then no server is left behind */
export async function startEmulatedCloud(options: EmulatedCloudOptions): Promise<EmulatedCloud> {
  const python = await preparePythonEnvironment('server', options.announce ?? (() => undefined));
  const starts = await Promise.allSettled(options.regions.map((region) => startAwsServer({ region, python })));
  const servers = starts.filter((start) => start.status === 'fulfilled').map((start) => start.value);
  const failure = starts.find((start) => start.status === 'rejected');
  if (failure !== undefined) {
    await Promise.all(servers.map((server) => server.stop()));
    throw failure.reason;
  }
  const regions = servers.map((server, index) =>
    openRegion(options.regions[index] ?? '', server, index, options.faults),
  );
  return new EmulatedCloud(await Promise.all(regions), servers);
}

async function openRegion(
  name: string,
  { endpoint: directEndpoint }: AwsServer,
  index: number,
  plan: FaultPlan | undefined,
): Promise<EmulatedRegion> {
  const clients = createRegionClients(name, directEndpoint);
  if (plan === undefined) return { name, endpoint: directEndpoint, directEndpoint, ...clients };
  const faults = await FaultProxy.start({
    target: directEndpoint,
    share: plan.share,
    // Each region fails in its own way, and in the same way each time.
    random: seededRandom(plan.seed + index),
    stallSeconds: plan.stallSeconds ?? DEFAULT_STALL_SECONDS,
    ...(plan.outage?.region === name ? { outage: plan.outage } : {}),
  });
  return { name, endpoint: faults.endpoint, directEndpoint, faults, ...clients };
}
