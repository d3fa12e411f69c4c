import { basename, join } from 'node:path';
import { findInvocable, type InvocableFunction } from '../../../local-cloud/invocation/functions.ts';
import { InvokeResources } from '../../../local-cloud/invocation/invoke-resources.ts';
import { readEvent } from '../../../local-cloud/invocation/read-event.ts';
import { LambdaRuntime } from '../../../local-cloud/lambda-runtime.ts';
import { bundleFunctions } from '../../build/bundle-functions.ts';
import { PROJECT } from '../command/project.ts';
import { INTERRUPTED } from '../command/run-cli.ts';
import { makeTemporaryFolder } from '../command/temporary-folder.ts';
import { prepareConfiguration } from '../demo/pipeline/prepare-configuration.ts';
import { describeContents } from './describe-contents.ts';
import { type InvokeOptions, parseInvokeOptions } from './options.ts';
import { serveResources } from './serve-resources.ts';

type Print = (text: string) => void;

/**
 * `npm run invoke`: sends events to a function, and prints its log, its responses, and the final contents of buckets
 * and queues.
 * @throws DeployInputError, EventFileError, MissingLambdaEmulatorError, LambdaPackagesError, FunctionInitError,
 *   FunctionThrewError, FunctionTimedOutError, FunctionCrashedError
 */
export async function runInvoke(args: readonly string[], print: Print): Promise<void> {
  const options = parseInvokeOptions(args, print);
  if (options === undefined) return;
  await using cleanup = new AsyncDisposableStack();
  endOnSignals(cleanup);
  if (options.kind === 'serve') await serveResources(options, cleanup, print);
  else await invokeFunction(options, cleanup, print);
}

/** Ends child processes and removes files before the process ends. */
function endOnSignals(cleanup: AsyncDisposableStack): void {
  const end = (): void => {
    void cleanup.disposeAsync().finally(() => process.exit(INTERRUPTED));
  };
  process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end);
}

type Invoke = Extract<InvokeOptions, { kind: 'invoke' }>;

async function invokeFunction(options: Invoke, cleanup: AsyncDisposableStack, print: Print): Promise<void> {
  const { functionName, files, timeoutSeconds, deletes } = options;
  // Reads all of them first: a mistake in the last file should not show up minutes later.
  const invocables = await Promise.all(
    files.map(async (file) => ({ file, invocable: findInvocable(functionName, await readEvent(file), file) })),
  );
  const say = (line: string): void => {
    print(`${line}\n`);
  };
  const bundles = await makeTemporaryFolder(join(PROJECT, 'build'), 'invoke', cleanup);
  const changes = deletes ? { replicatesDeletes: true as const } : {};
  const { directory } = await prepareConfiguration(join(PROJECT, 'configuration'), changes, bundles);
  const resources = await InvokeResources.start(say, directory);
  cleanup.defer(() => resources.stop());
  await bundleFunctions(bundles);
  const runtimes = new Map<string, LambdaRuntime>();
  for (const { file, invocable } of invocables) {
    const { target } = invocable;
    const event = await resources.prepare(invocable);
    const runtime = runtimes.get(target.path) ?? (await startRuntime(target));
    runtimes.set(target.path, runtime);
    say(`--- ${basename(file)} -> ${target.name} in ${target.region}`);
    const response = await runtime.invoke(event);
    for (const answer of resources.answers.takeAnswers()) say(`--- answer to CloudFormation: ${answer}`);
    say(`--- answer: ${JSON.stringify(response)}`);
  }
  say(await describeContents(resources));

  async function startRuntime(target: InvocableFunction): Promise<LambdaRuntime> {
    const runtime = await LambdaRuntime.start({
      bundles,
      handler: `${target.name}.handler`,
      functionName: target.name,
      memoryMb: target.memoryMb,
      timeoutSeconds: timeoutSeconds ?? target.timeoutSeconds,
      environment: resources.environmentOf(target),
      onLine: say,
    });
    cleanup.defer(() => runtime.stop());
    return runtime;
  }
}
