/**
 * The process of one function environment: loads the bundle once, then handles one invocation after the other.
 * Arguments: the bundle's file URL, the name of its handler, and the function's facts as JSON.
 */
import type { Context } from 'aws-lambda';
import type { EnvironmentMessage, FunctionFacts, InvokeMessage, ThrownValue } from './protocol.ts';

/** Without the callback style, which Lambda's Node 24 runtime no longer has either. */
type PromiseContext = Omit<Context, 'done' | 'fail' | 'succeed'>;

type Handler = (event: unknown, context: PromiseContext) => unknown;

const [bundle = '', handlerName = '', facts = '{}'] = process.argv.slice(2);
const { functionName, invokedFunctionArn, memoryMb } = JSON.parse(facts) as FunctionFacts;

// The host is gone, so this process must end, too.
process.on('disconnect', () => process.exit(0));

try {
  const handler = await loadHandler();
  process.on('message', (message: InvokeMessage) => {
    void answer(handler, message);
  });
  tell({ kind: 'ready' });
} catch (error) {
  tell({ kind: 'init failed', error: describe(error) });
}

async function loadHandler(): Promise<Handler> {
  const exported = ((await import(bundle)) as Record<string, unknown>)[handlerName];
  if (typeof exported !== 'function') throw new TypeError(`${bundle} exports no function "${handlerName}"`);
  return exported as Handler;
}

async function answer(handler: Handler, { requestId, event, deadline }: InvokeMessage): Promise<void> {
  try {
    tell({ kind: 'answered', response: (await handler(event, createContext(requestId, deadline))) ?? null });
  } catch (error) {
    tell({ kind: 'threw', error: describe(error) });
  }
}

function createContext(awsRequestId: string, deadline: number): PromiseContext {
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn,
    memoryLimitInMB: String(memoryMb),
    awsRequestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: `local/[$LATEST]${process.pid}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function describe(error: unknown): ThrownValue {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: error.stack ?? '' }
    : { errorType: typeof error, errorMessage: String(error), trace: '' };
}

function tell(message: EnvironmentMessage): void {
  process.send?.(message);
}
