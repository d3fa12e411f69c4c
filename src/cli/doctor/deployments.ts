import type { AwsClients } from '../command/aws-clients.ts';
import type { DeployedPartName } from '../command/deployed-names.ts';
import { type DeployedStack, readStack } from '../deploy/read-stack.ts';
import { type Diagnosis, failure, notChecked } from './diagnosis.ts';

/** `unknown`: CloudFormation does not answer, so the parts are checked without it. */
export type Deployment =
  | { readonly state: 'deployed'; readonly stack: DeployedStack }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly reason: unknown };

/** What is deployed in each region; read once. */
export class Deployments {
  readonly #clients: AwsClients;
  readonly #stack: string;
  readonly #asked = new Map<string, Promise<Deployment>>();

  constructor(clients: AwsClients, stack: string) {
    this.#clients = clients;
    this.#stack = stack;
  }

  of(region: string): Promise<Deployment> {
    const asked = this.#asked.get(region) ?? this.#ask(region);
    this.#asked.set(region, asked);
    return asked;
  }

  /** Runs checks of deployed resources; empty if nothing is deployed. */
  async whenDeployed(region: string, check: () => Promise<readonly Diagnosis[]>): Promise<readonly Diagnosis[]> {
    return (await this.of(region)).state === 'absent' ? [] : check();
  }

  /** Whether the sending side is also deployed: after the first of two rounds, only the receiving side is. */
  async sends(region: string): Promise<boolean> {
    const deployment = await this.of(region);
    return deployment.state !== 'deployed' || deployment.stack.outputs.get('Stage') !== 'targets';
  }

  /** Runs checks of a part of a deployment; empty if that part is not deployed. */
  async whenPartDeployed(
    region: string,
    { isSending }: DeployedPartName,
    check: () => Promise<readonly Diagnosis[]>,
  ): Promise<readonly Diagnosis[]> {
    return isSending && !(await this.sends(region)) ? [] : this.whenDeployed(region, check);
  }

  /** The finding about a missing part of the deployment. */
  async missing(region: string, subject: string): Promise<Diagnosis> {
    if ((await this.of(region)).state === 'unknown') {
      return notChecked(subject, 'It does not exist; whether the region is deployed is unknown.');
    }
    return failure(
      subject,
      'It does not exist, although the region is deployed: CloudFormation does not recreate what was deleted by hand.',
      `remove what it belongs to from the configuration, s3xrc configure && s3xrc deploy --region ${region}, put it back, and deploy again`,
    );
  }

  async #ask(region: string): Promise<Deployment> {
    try {
      const stack = await readStack(this.#clients.cloudFormation(region), this.#stack);
      return stack === undefined ? { state: 'absent' } : { state: 'deployed', stack };
    } catch (reason) {
      return { state: 'unknown', reason };
    }
  }
}
