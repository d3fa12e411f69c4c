import { type Configuration, readConfiguration } from './read-configuration.ts';
import { readPlainJson } from './schema/json-text.ts';

/**
 * Reads and checks the configuration files that are deployed. `s3xrc configure` has read them before, with positions, so
 * that functions need no library for that.
 * @throws InvalidConfigurationError with all problems of both files
 */
export function loadDeployedConfiguration(directory: string): Promise<Configuration> {
  return readConfiguration(directory, readPlainJson);
}
