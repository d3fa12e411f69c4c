import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { preparePythonEnvironment } from '../../../local-cloud/python-environment.ts';
import type { Json } from './json.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./expand.py', import.meta.url));
/** A template may have up to 1 MB, and there are five. */
const MAX_OUTPUT = 64 * 1024 * 1024;

export interface CloudFormationTemplate {
  readonly Conditions?: Readonly<Record<string, Json>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: string | number }>>;
  readonly Resources: Readonly<Record<string, CloudFormationResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: Json }>>;
}

export interface CloudFormationResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties?: Readonly<Record<string, Json>>;
}

export interface ExpandOptions {
  /** Also checks the result with cfn-lint. */
  readonly lint?: boolean;
  /** URI to which the image would be pushed. */
  readonly image?: string;
}

const EXAMPLE_IMAGE = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/image:functions';

/** template.yaml as CloudFormation receives it. */
export interface ExpandedTemplate {
  readonly root: CloudFormationTemplate;
  /** By `Location` in template.yaml. */
  readonly nested: Readonly<Record<string, CloudFormationTemplate>>;
  /** Findings of cfn-lint; empty without `lint`. */
  readonly problems: readonly string[];
}

/**
 * Translates the root template and its nested templates, as SAM does.
 * @throws MissingPythonError, PythonTooOldError, PythonPackagesError; an Error if SAM refuses a template
 */
export async function expandTemplate(
  path: string,
  { lint = false, image = EXAMPLE_IMAGE }: ExpandOptions = {},
): Promise<ExpandedTemplate> {
  const python = await preparePythonEnvironment('deploy', () => undefined);
  const { stdout } = await run(python, [SCRIPT, path, image, ...(lint ? ['--lint'] : [])], { maxBuffer: MAX_OUTPUT });
  return JSON.parse(stdout) as ExpandedTemplate;
}
