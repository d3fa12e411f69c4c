import type { ConfigurationProblem } from '../errors.ts';
import type { JsonPath, JsonText } from './json-text.ts';

export const SETTINGS_FILE = 'settings.json';
export const REPLICATION_FILE = 'replication_config.json';

/** A problem whose position in the text has not been looked up yet. */
export interface UnlocatedProblem {
  readonly file: typeof SETTINGS_FILE | typeof REPLICATION_FILE;
  readonly path: JsonPath;
  readonly message: string;
  /** The value in the file. */
  readonly value?: unknown;
  readonly allowed?: string | undefined;
  readonly suggestion?: string | undefined;
}

const MAX_VALUE_LENGTH = 120;

/** @param json the file that the finding is about */
export function locateProblem(finding: UnlocatedProblem, json: JsonText): ConfigurationProblem {
  const { file, path, message, value, allowed, suggestion } = finding;
  return {
    file,
    path: path.join('.'),
    ...json.locate(path),
    message,
    ...(value === undefined ? {} : { value: shorten(JSON.stringify(value)) }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function shorten(text: string): string {
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH)}...`;
}
