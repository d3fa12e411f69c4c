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
  /** The value in the file, as JSON; absent if there is none, or if the message contains it. */
  readonly value?: string;
  readonly allowed?: string;
  /** The value that was probably meant. */
  readonly suggestion?: string;
}

/** The configuration files cannot be used; `problems` lists all problems, not only the first. */
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

/** An environment variable that the function needs is missing or has an impossible value. */
export class InvalidEnvironmentError extends CompressorError {
  readonly code = 'ENVIRONMENT_INVALID';
  readonly retryable = false;
}

/** A price is in none of the sources: the user's own prices, the Price List, the price file. */
export class MissingPriceError extends CompressorError {
  readonly code = 'PRICE_MISSING';
  readonly retryable = false;
}

/** Terminals and editors turn `file:line:column` into a link. */
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
