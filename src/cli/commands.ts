import type { CliCommand, RunCommand } from './command/cli-command.ts';
import { requireCheckout } from './command/require-checkout.ts';

/** The form of commands that only print text. */
type PrintingCommand = (args: readonly string[], print: (text: string) => void) => Promise<void>;

/** A command that fails only by throwing, and has nothing to stop at Ctrl-C. */
function printing(command: PrintingCommand): RunCommand {
  return async (args, { print }) => {
    const written: Promise<void>[] = [];
    await command(args, (text) => written.push(print(text)));
    await Promise.all(written);
    return 0;
  };
}

/** Every command of s3xrc, in the order in which `s3xrc help` and docs/commands.md list them. */
export const COMMANDS: readonly CliCommand[] = [
  {
    name: 'demo',
    summary: 'Replicate real files through two emulated regions and verify every object',
    examples: ['demo --source docs --faults 0.05', 'demo --existing --objects 20000'],
    load: requireCheckout('demo', async () => (await import('./demo/run-command.ts')).runDemoCommand),
  },
  {
    name: 'estimate',
    summary: 'Estimate what replicating a bucket or folder would save, per prefix',
    examples: ['estimate s3://bucket/prefix/ --to us-east-1', 'estimate folder --monthly 50TB --out rules.json'],
    load: async () => (await import('./estimate/run-estimate.ts')).runEstimate,
  },
  {
    name: 'simulate',
    summary: 'Simulate what it would cost to learn levels on your objects, compared with every fixed level',
    examples: ['simulate folder --monthly 50TB', 'simulate s3://bucket/prefix/ --to us-east-1 ap-southeast-2'],
    load: async () => (await import('./simulate/run-simulate.ts')).runSimulate,
  },
  {
    name: 'configure',
    summary: 'Check the configuration, write the templates and print the plan',
    examples: ['configure', 'configure --check --configuration configuration'],
    load: async () => printing((await import('./configure/run-configure.ts')).runConfigure),
  },
  {
    name: 'deploy',
    summary: 'Build the image and deploy all regions, receiving regions first',
    examples: ['deploy --dry-run', 'deploy --region eu-west-1'],
    load: async () => {
      const { runDeploy } = await import('./deploy/run-deploy.ts');
      const { examineAccount } = await import('./doctor/examine-account.ts');
      return (args, context) => runDeploy(args, context, examineAccount);
    },
  },
  {
    name: 'remove',
    summary: 'Delete the stacks of all regions, sending regions first',
    examples: ['remove --dry-run', 'remove --region eu-west-1'],
    load: async () => (await import('./remove/run-remove.ts')).runRemove,
  },
  {
    name: 'doctor',
    summary: 'Check everything that replication depends on, and print the commands that fix problems',
    examples: ['doctor --problems', 'doctor --only buckets keys --json'],
    load: async () => (await import('./doctor/run-doctor.ts')).runDoctor,
  },
  {
    name: 'invoke',
    summary: 'Send an event to a bundled function under the Lambda runtime emulator',
    examples: ['invoke source events/source-put.json', 'invoke --serve --port 5000'],
    load: requireCheckout('invoke', async () => printing((await import('./invoke/run-invoke.ts')).runInvoke)),
  },
  {
    name: 'status',
    summary: 'Show the progress, backlog and savings of each rule in each region',
    examples: ['status', 'status --watch --region eu-west-1'],
    load: async () => (await import('./status/run-status.ts')).runStatus,
  },
  {
    name: 'dead-letters',
    summary: 'List dead-lettered messages by reason, redrive or discard them',
    examples: ['dead-letters list', 'dead-letters redrive --code STORAGE_ACCESS_DENIED --dry-run'],
    load: async () => (await import('./dead-letters/run-dead-letters.ts')).runDeadLetters,
  },
  {
    name: 'backfill',
    summary: 'Queue objects that existed before the rule',
    examples: ['backfill example-bucket --dry-run', 'backfill example-bucket --rate 2000/s --resume'],
    load: async () => (await import('./backfill/run-backfill-command.ts')).runBackfillCommand,
  },
  {
    name: 'verify',
    summary: 'Compare what a rule selects with its destinations, and repair differences',
    examples: ['verify example-bucket', 'verify example-bucket --checksums --csv findings.csv --repair'],
    load: async () => (await import('./verify/run-verify-command.ts')).runVerifyCommand,
  },
  {
    name: 'archive',
    summary: 'List, read, extract or verify an archive, on disk or in S3',
    examples: ['archive ls s3://bucket/key.tar.zst', 'archive cat archive.tar.zst path/to/object.json'],
    load: async () => (await import('./archive/run-archive.ts')).runArchive,
  },
  {
    name: 'resend',
    summary: 'List the archives that S3 could not replicate, or resend them',
    examples: ['resend eu-west-1', 'resend eu-west-1 --all'],
    load: async () => (await import('./resend/run-resend.ts')).runResend,
  },
];
