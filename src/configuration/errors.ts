import { CompressorError } from '../errors.ts';

/** One thing wrong with the configuration files. */
export interface ConfigurationProblem {
  readonly file: string;
  /** Dotted path inside the file; empty for the file as a whole. */
  readonly path: string;
  /** Its position in the file, both from 1; absent when the file could not be read. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** What the file has there, as JSON; absent where it has nothing, and where the message says it. */
  readonly value?: string;
  readonly allowed?: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** The configuration files cannot be used; `problems` has everything that is wrong with them, not only the first. */
export class InvalidConfigurationError extends CompressorError {
  readonly code = 'CONFIGURATION_INVALID';
  readonly retryable = false;
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[], cause?: unknown) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const text = problems.map(renderProblem).join('\n');
    super(`The configuration has ${count}:\n${text}`, { context: { problems: problems.length }, cause });
    this.problems = problems;
  }
}

/** An environment variable that the function needs is missing or has a value that cannot be. */
export class InvalidEnvironmentError extends CompressorError {
  readonly code = 'ENVIRONMENT_INVALID';
  readonly retryable = false;
}

/** Neither the own prices, nor the Price List, nor the price file knows a price. */
export class MissingPriceError extends CompressorError {
  readonly code = 'PRICE_MISSING';
  readonly retryable = false;
}

/** `file:line:column` is what terminals and editors make a link of. */
function renderProblem(problem: ConfigurationProblem): string {
  const { file, line, column, path, message, value, allowed, suggestion } = problem;
  const position = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return [
    `  ${position}${path === '' ? '' : ` ${path}`}: ${message}`,
    ...(value === undefined ? [] : [`    it is: ${value}`]),
    ...(allowed === undefined ? [] : [`    allowed: ${allowed}`]),
    ...(suggestion === undefined ? [] : [`    did you mean ${suggestion}?`]),
  ].join('\n');
}
