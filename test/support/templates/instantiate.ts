import type { CloudFormationResource, CloudFormationTemplate, ExpandedTemplate } from './expand-template.ts';
import { type Json, textOf } from './json.ts';

export const EXAMPLE_ACCOUNT = '111122223333';

/** A resource as it would be created: with parameters, conditions and names resolved. */
export interface CreatedResource {
  /** Logical ids from the root down, separated by slashes. */
  readonly path: string;
  readonly type: string;
  readonly dependsOn: readonly string[];
  readonly properties: Readonly<Record<string, Json>>;
}

/** Values that only CloudFormation knows are written as `<Resource.Attribute>`. */
type Values = Readonly<Record<string, Json>>;

interface Scope {
  readonly values: Values;
  readonly conditions: Readonly<Record<string, Json>>;
}

/** All resources, including nested ones, that a deployment of the complete stack creates in a region. */
export function instantiate({ root, nested }: ExpandedTemplate, region: string): CreatedResource[] {
  const pseudo = { 'AWS::Region': region, 'AWS::AccountId': EXAMPLE_ACCOUNT, 'AWS::Partition': 'aws' };
  return createAll(root, pseudo, '').flatMap((resource) => {
    if (resource.type !== 'AWS::CloudFormation::Stack') return [resource];
    const file = textOf(resource.properties['TemplateURL']).split('/').at(-1) ?? '';
    const template = Object.entries(nested).find(([location]) => location.endsWith(`/${file}`))?.[1];
    if (template === undefined) throw new Error(`${resource.path} nests ${file}, which is not among the templates`);
    const parameters = resource.properties['Parameters'] as Values;
    return [resource, ...createAll(template, { ...pseudo, ...parameters }, `${resource.path}/`)];
  });
}

function createAll(template: CloudFormationTemplate, given: Values, prefix: string): CreatedResource[] {
  const defaults = Object.entries(template.Parameters ?? {}).flatMap(([name, { Default }]) =>
    Default === undefined ? [] : [[name, Default]],
  );
  const values = { ...(Object.fromEntries(defaults) as Values), ...given };
  const scope = { values, conditions: template.Conditions ?? {} };
  return Object.entries(template.Resources)
    .filter(([, { Condition }]) => Condition === undefined || holds({ Condition }, scope))
    .map(([id, resource]) => createOne(`${prefix}${id}`, resource, scope));
}

function createOne(
  path: string,
  { Type, DependsOn = [], Properties = {} }: CloudFormationResource,
  scope: Scope,
): CreatedResource {
  return {
    path,
    type: Type,
    dependsOn: typeof DependsOn === 'string' ? [DependsOn] : DependsOn,
    properties: resolve(Properties, scope) as Values,
  };
}

function resolve(value: Json, scope: Scope): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item: Json) => resolve(item, scope)).filter((item) => !isAwsNoValue(item));
  }
  const entries = Object.entries(value);
  const [name = '', argument = null] = entries[0] ?? [];
  if (entries.length === 1) {
    if (name === 'Ref') return lookUp(textOf(argument), scope);
    if (name === 'Fn::GetAtt') return `<${Array.isArray(argument) ? argument.join('.') : textOf(argument)}>`;
    if (name === 'Fn::Sub') return substitute(textOf(argument), scope);
    if (name === 'Fn::If') {
      const [condition, yes = null, no = null] = argument as readonly Json[];
      return resolve(holds({ Condition: condition ?? '' }, scope) ? yes : no, scope);
    }
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, resolve(item, scope)] as const).filter(([, item]) => !isAwsNoValue(item)),
  );
}

function lookUp(name: string, { values }: Scope): Json {
  return values[name] ?? `<${name}>`;
}

function isAwsNoValue(value: Json): boolean {
  return value === '<AWS::NoValue>';
}

function substitute(text: string, scope: Scope): string {
  return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) =>
    literal === '!' ? `\${${name}}` : textOf(lookUp(name, scope)),
  );
}

/** @param condition `{Condition: name}` or one of CloudFormation's condition functions */
function holds(condition: Json, scope: Scope): boolean {
  const [name, argument] = Object.entries(condition as Values)[0] ?? ['', null];
  const operands = (argument ?? null) as readonly Json[];
  switch (name) {
    case 'Condition':
      return holds(scope.conditions[textOf(argument)] ?? null, scope);
    case 'Fn::And':
      return operands.every((operand) => holds(operand, scope));
    case 'Fn::Not':
      return operands.every((operand) => !holds(operand, scope));
    case 'Fn::Equals':
      return resolve(operands[0] ?? null, scope) === resolve(operands[1] ?? null, scope);
    default:
      throw new Error(`Unknown condition function ${name}`);
  }
}
