import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { preparePythonEnvironment } from '../../../local-cloud/python-environment.ts';
import { at, listOf } from '../invariants.ts';
import type { CreatedResource } from '../templates/instantiate.ts';
import { type Json, textOf } from '../templates/json.ts';

const run = promisify(execFile);

export type Definition = Readonly<Record<string, Json>>;

/**
 * The definition as Step Functions receives it: SAM writes it in lines, with placeholders for values from
 * CloudFormation.
 * @param values values that only a deployment knows, by `<Resource.Attribute>`
 */
export function stateMachineDefinition(
  stateMachine: CreatedResource,
  values: Readonly<Record<string, string>>,
): Definition {
  const [, lines = []] = listOf(at(stateMachine, 'DefinitionString', 'Fn::Join'));
  const substitutions = (at(stateMachine, 'DefinitionSubstitutions') ?? {}) as Readonly<Record<string, Json>>;
  const definition = listOf(lines)
    .map((line) => textOf(line))
    .join('\n')
    .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
      const value = textOf(substitutions[name] ?? '');
      return values[value] ?? value;
    });
  return JSON.parse(definition) as Definition;
}

/** The same for moto's parser: percentages have a decimal point. */
export function motoDefinition(definition: Definition): string {
  return JSON.stringify(definition).replaceAll(/("ToleratedFailurePercentage":\d+)(?=[,}])/g, '$1.0');
}

/** Findings of cfn-lint for a definition, which it cannot see inside a SAM template. */
export async function lintDefinition(definition: Definition): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'definition-'));
  const path = join(folder, 'template.json');
  const Properties = { RoleArn: 'arn:aws:iam::111122223333:role/role', Definition: definition };
  const Resources = { StateMachine: { Type: 'AWS::StepFunctions::StateMachine', Properties } };
  await writeFile(path, JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', Resources }));
  const lint = join(dirname(await preparePythonEnvironment('deploy', () => undefined)), 'cfn-lint');
  try {
    await run(lint, ['--format', 'parseable', path]);
    return [];
  } catch (thrown) {
    const { stdout } = thrown as { readonly stdout?: string };
    if (stdout === undefined || stdout === '') throw thrown;
    return stdout.trim().split('\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}
