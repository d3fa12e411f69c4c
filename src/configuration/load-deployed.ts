import { type Configuration, readConfiguration } from './read-configuration.ts';
import { readPlainJson } from './schema/json-text.ts';

/**
 * Reads and checks the deployed configuration files. `s3xrc configure` has already read them with positions, so
 * functions need no library for those.
 * @throws InvalidConfigurationError with all problems of both files
 */
export function loadDeployedConfiguration(directory: string): Promise<Configuration> {
  return readConfiguration(directory, readPlainJson);
}
