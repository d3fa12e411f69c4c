import { CompressorError } from '../errors.ts';

/** One thing wrong with the configuration files. */
export interface ConfigurationProblem {
  readonly file: string;
  /** Dotted path inside the file; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** The configuration files cannot be used; `problems` has everything that is wrong with them, not only the first. */
export class ConfigurationInvalidError extends CompressorError {
  readonly code = 'CONFIGURATION_INVALID';
  readonly retryable = false;
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[], cause?: unknown) {
    const lines = problems.map(({ file, path, message }) => `  ${file}${path === '' ? '' : ` ${path}`}: ${message}`);
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`The configuration has ${count}:\n${lines.join('\n')}`, { context: { problems: problems.length }, cause });
    this.problems = problems;
  }
}

/** An environment variable that the function needs is missing or has a value that cannot be. */
export class EnvironmentInvalidError extends CompressorError {
  readonly code = 'ENVIRONMENT_INVALID';
  readonly retryable = false;
}
