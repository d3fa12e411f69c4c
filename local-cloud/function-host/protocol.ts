/** The messages between the host and the process of one function environment, as JSON. */

export interface InvokeMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** Epoch milliseconds at which the host will kill the environment. */
  readonly deadline: number;
}

export interface ThrownValue {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: string;
}

export type EnvironmentMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init failed'; readonly error: ThrownValue }
  | { readonly kind: 'answered'; readonly response: unknown }
  | { readonly kind: 'threw'; readonly error: ThrownValue };

/** Facts about the function that its context and its environment variables repeat. */
export interface FunctionFacts {
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly memoryMb: number;
}
