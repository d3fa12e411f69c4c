import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT } from '../../command/project.ts';
import { canBuildArm64, readBuildMachine } from '../../deploy/describe-build.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok, warning } from '../diagnosis.ts';

/** In the order in which the SAM CLI looks for them. */
const ENGINES = ['docker', 'finch', 'podman'] as const;

/** Checks what a deployment needs on this machine. */
export const MACHINE_CHECKS: CheckGroup = {
  name: 'machine',
  title: 'This machine',
  needsAccount: false,
  checksOf: (context) => [
    { subject: 'SAM CLI', takes: 'nothing', run: async (signal) => [await checkSam(context, signal)] },
    { subject: 'container engine', takes: 'nothing', run: async (signal) => [await checkEngine(context, signal)] },
    { subject: 'arm64', takes: 'nothing', run: async () => [await checkArm64(context)] },
  ],
};

async function checkSam(context: CheckContext, signal: AbortSignal): Promise<Diagnosis> {
  const fix = `pip install -r ${PROJECT}requirements/deploy.txt`;
  const answer = await runTool('sam', ['--version'], context, signal);
  const version = /(\d+\.\d+\.\d+)/.exec(answer ?? '')?.[1];
  if (version === undefined) return lacking(context, 'SAM CLI', 'There is no working `sam` on the PATH.', fix);
  const tested = await testedSam();
  if (tested === undefined || version === tested) return ok('SAM CLI', `${version}.`);
  return warning('SAM CLI', `${version}; the tested version is ${tested}.`, fix);
}

/** Undefined if the project has no such file, for example next to a bundle. */
async function testedSam(): Promise<string | undefined> {
  const pinned = await readFile(join(PROJECT, 'requirements/deploy.txt'), 'utf8').catch(() => '');
  return /^aws-sam-cli==(.+)$/m.exec(pinned)?.[1];
}

async function checkEngine(context: CheckContext, signal: AbortSignal): Promise<Diagnosis> {
  for (const engine of ENGINES) {
    if ((await runTool(engine, ['info'], context, signal)) !== undefined)
      return ok('container engine', `${engine} is running.`);
  }
  const says = `None of ${ENGINES.join(', ')} is running, and building the image needs one.`;
  return lacking(context, 'container engine', says, 'start Docker, Finch or Podman, or install one');
}

async function checkArm64(context: CheckContext): Promise<Diagnosis> {
  const machine = await readBuildMachine();
  if (machine.arch === 'arm64') return ok('arm64', 'This machine is arm64, like the functions.');
  if (canBuildArm64(machine))
    return ok('arm64', `This machine is ${machine.arch}: the image is built under emulation.`);
  const fix = 'docker run --privileged --rm tonistiigi/binfmt --install arm64';
  return lacking(context, 'arm64', `This machine is ${machine.arch} and does not seem to emulate arm64.`, fix);
}

/** If every region is already deployed, only the next deployment needs it. */
async function lacking(
  { deployments, plans }: CheckContext,
  subject: string,
  says: string,
  fix: string,
): Promise<Diagnosis> {
  const states = await Promise.all(plans.map(({ region }) => deployments.of(region)));
  const isDeployed = states.every(({ state }) => state === 'deployed');
  return isDeployed ? warning(subject, `${says} The next deployment needs it.`, fix) : failure(subject, says, fix);
}

/** The output of a tool; undefined if it is missing or fails. */
function runTool(
  command: string,
  args: readonly string[],
  { environment }: CheckContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  const child = spawn(command, args, { signal, env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      if (signal.aborted) reject(error);
      else resolve(undefined);
    });
    child.once('close', (status) => {
      resolve(status === 0 ? said : undefined);
    });
  });
}
