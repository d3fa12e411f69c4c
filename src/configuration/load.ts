import { type Configuration, readConfiguration } from './read-configuration.ts';
import { locateJson } from './schema/locate-json.ts';

/**
 * Reads and checks both configuration files of a directory, as a user edits them.
 * @throws InvalidConfigurationError with all problems of both files, each with line and column
 */
export function loadConfiguration(directory: string): Promise<Configuration> {
  return readConfiguration(directory, locateJson);
}
