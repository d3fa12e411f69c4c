import { dirname } from 'node:path';
import { preparePythonEnvironment } from '../../../local-cloud/python-environment.ts';
import { accessTo } from '../operated/run-s3xrc.ts';
import { type AwsEmulator, startAwsEmulator } from './aws-emulator.ts';
import { Checkout } from './checkout.ts';
import { ContainerEngine } from './container-engine.ts';

/**
 * A copy of the project, and its tools for a deployment: the real SAM CLI, an emulator of AWS, and an engine that
 * builds no image.
 */
export interface DeployingCheckout {
  readonly emulator: AwsEmulator;
  readonly engine: ContainerEngine;
  readonly checkout: Checkout;
  readonly stop: () => Promise<void>;
}

export async function openDeployingCheckout(): Promise<DeployingCheckout> {
  const python = await preparePythonEnvironment('deploy', () => undefined);
  const emulator = await startAwsEmulator();
  const engine = await ContainerEngine.start();
  const checkout = await Checkout.make({
    ...accessTo(emulator.endpoint),
    PATH: dirname(python),
    AWS_EC2_METADATA_DISABLED: 'true',
    DOCKER_HOST: engine.host,
    SAM_CLI_TELEMETRY: '0',
    // Seconds between two polls of a stack.
    SAM_CLI_POLL_DELAY: '1',
  });
  const stop = async (): Promise<void> => {
    await checkout.remove();
    await engine.stop();
    await emulator.stop();
  };
  return { emulator, engine, checkout, stop };
}
