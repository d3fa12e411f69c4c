import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { FUNCTION_NAMES, type FunctionName } from '../../../local-cloud/invocation/functions.ts';
import { DeployInputError } from '../command/errors.ts';
import { parseCommand } from '../command/parse-command.ts';

export type InvokeOptions =
  | {
      readonly kind: 'invoke';
      readonly functionName: FunctionName;
      /** Event files, in the order in which the function receives them. */
      readonly files: readonly string[];
      /** Instead of the timeout that the templates give the function. */
      readonly timeoutSeconds: number | undefined;
      /** Whether the rules replicate deletions, whatever the configuration says. */
      readonly deletes: boolean;
    }
  | { readonly kind: 'serve'; readonly host: string; readonly port: number };

interface ParsedOptions {
  readonly serve?: true;
  readonly host: string;
  readonly port: number;
  readonly timeout?: number;
  readonly deletes?: true;
}

const DESCRIPTION = `Send events to a bundled function under AWS's Lambda Runtime Interface Emulator.
Local S3 and SQS servers hold everything the events name. Events are sent one after another to the same function.`;

/**
 * @returns undefined when help was asked for and printed
 * @throws DeployInputError
 */
export function parseInvokeOptions(args: readonly string[], print: (text: string) => void): InvokeOptions | undefined {
  const command = new Command('s3xrc invoke')
    .description(DESCRIPTION)
    .addArgument(new Argument('[function]').choices(FUNCTION_NAMES))
    .argument('[events...]', 'event files, such as events/source-put.json')
    .option('--timeout <seconds>', "the function's timeout (default: that of the templates)", parseCount)
    .option('--deletes', 'let the rules of the example replicate deletions')
    .option('--serve', 'only serve the local S3 and SQS, for `sam local invoke`, until Ctrl-C')
    .addOption(new Option('--host <address>', 'with --serve: address to listen on').default('127.0.0.1'))
    .addOption(new Option('--port <number>', 'with --serve: port to listen on').argParser(parseCount).default(5000));
  const parsed = parseCommand(command, args, print);
  if (parsed === undefined) return undefined;
  const { serve, host, port, timeout, deletes = false } = parsed.opts<ParsedOptions>();
  if (serve && deletes) {
    throw new DeployInputError('--deletes cannot be used with --serve: the image has its own configuration');
  }
  if (serve) return { kind: 'serve', host, port };
  const [functionName, files] = parsed.processedArgs as [FunctionName | undefined, string[]];
  if (functionName === undefined || files.length === 0) {
    throw new DeployInputError(
      `Name a function (${FUNCTION_NAMES.join(', ')}) and an event file: npm run invoke -- source events/source-put.json`,
    );
  }
  return { kind: 'invoke', functionName, files, timeoutSeconds: timeout, deletes };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count < 65_536) return count;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
