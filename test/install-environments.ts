import { preparePythonEnvironment } from '../local-cloud/python-environment.ts';
import { neededEnvironments } from './support/needed-environments.ts';

interface GlobalConfig {
  readonly testPathPatterns: { readonly patterns: readonly string[] };
}

interface ProjectConfig {
  readonly testMatch: readonly string[];
}

/**
 * Runs once before all tests, without a time limit. If the machine has the environments, it only compares a hash for
 * each.
 */
export default async function installEnvironments(
  { testPathPatterns: { patterns } }: GlobalConfig,
  { testMatch }: ProjectConfig,
): Promise<void> {
  for (const need of neededEnvironments(testMatch, patterns)) {
    await preparePythonEnvironment(need, (line) => process.stderr.write(`${line}\n`));
  }
}
