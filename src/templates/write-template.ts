import type { Configuration } from '../configuration/read-configuration.ts';
import { resourceNamePrefix } from '../configuration/schema/resource-names.ts';
import type { DeployedPart } from './deployment-steps.ts';
import { TemplateLimitError } from './errors.ts';
import { fallbackResources } from './fallback-resources.ts';
import { packagedSize } from './packaged-size.ts';
import { planRegions, type RegionPlan } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import { sharedResources } from './region-resources.ts';
import type { Resources, StackContext } from './sam-calls.ts';
import { sourceResources } from './source-resources.ts';
import { targetResources } from './target-resources.ts';
import { Call, ref, renderYaml, sub, type Yaml, type YamlObject } from './yaml.ts';

/** Limits of CloudFormation for one template (AWS CloudFormation user guide, "Understand quotas"). */
const MAX_RESOURCES = 500;
const MAX_BYTES = 1_000_000;

const HEADER = `# Written by \`npm run configure\` from configuration/*.json: edit those and run it again.
# The stacks themselves, with their comments, are in src/stacks.
`;

export interface TemplateOptions {
  /** Folder of the nested templates, relative to the template, with \`/\` between its parts. */
  readonly stacks: string;
  /** Changes whenever prices are to be read again. */
  readonly priceRevision: string;
}

/**
 * The text of template.yaml: the resources of each region, on the condition that the stack is deployed there.
 * @throws TemplateLimitError when CloudFormation would refuse it for its size
 */
export function writeTemplate(configuration: Configuration, options: TemplateOptions): string {
  const plans = planRegions(configuration);
  const sections = plans.map((plan) => regionSection({ settings: configuration.settings, plan, plans, ...options }));
  const text = [
    HEADER,
    renderYaml(preamble(configuration, plans)),
    'Resources:\n',
    ...sections,
    '\n',
    renderYaml({ Outputs: outputs(configuration, plans) }),
  ].join('');
  checkLimits(configuration, options);
  return text;
}

/** Outputs that `npm run deploy` reads from a stack before deploying it again. */
function outputs({ settings }: Configuration, plans: readonly RegionPlan[]): YamlObject {
  const prefix = resourceNamePrefix(settings.stack_name);
  const targets = plans.filter((plan) => plan.settings.source_target.includes('target'));
  return {
    Stage: { Description: 'Deployed stage: targets, or all', Value: ref('Stage') },
    ...Object.fromEntries(
      targets.map(({ region }) => [
        regionNames(region).inboundBucket,
        {
          Condition: regionNames(region).here,
          Description: 'Inbound bucket: other regions can send to this region',
          Value: sub(`${prefix}-\${AWS::AccountId}-${region}-inbound`),
        },
      ]),
    ),
  };
}

function preamble({ settings }: Configuration, plans: readonly RegionPlan[]): YamlObject {
  const regions = plans.map(({ region }) => region);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Transform: 'AWS::Serverless-2016-10-31',
    Description: `${settings.stack_name} - replicates new S3 objects between regions as compressed archives`,
    Parameters: {
      Stage: {
        Description: 'all; or targets, in the first of two rounds if regions send to each other',
        Type: 'String',
        AllowedValues: ['targets', 'all'],
        Default: 'all',
      },
      Repair: {
        Description:
          'Any new value makes the deployment check notifications and replication rules, and restore them; set by npm run deploy -- --repair',
        Type: 'String',
        Default: '',
      },
    },
    Rules: {
      RegionIsConfigured: {
        Assertions: [
          {
            Assert: { 'Fn::Contains': [regions, ref('AWS::Region')] },
            AssertDescription: 'This region is not among enabled_regions of configuration/settings.json',
          },
        ],
      },
    },
    Conditions: Object.fromEntries(plans.flatMap((plan) => Object.entries(regionConditions(plan)))),
  };
}

function regionConditions({ region, settings }: RegionPlan): YamlObject {
  const names = regionNames(region);
  const inRegion = new Call('Equals', [ref('AWS::Region'), region]);
  if (!settings.source_target.includes('source')) return { [names.here]: inRegion };
  const whole = new Call('Equals', [ref('Stage'), 'all']);
  return { [names.here]: inRegion, [names.sends]: new Call('And', [new Call('Condition', names.here), whole]) };
}

/** Logical ids of the nested stacks that a region has at a stage. */
export function nestedStacks(configuration: Configuration, region: string, stage: DeployedPart = 'all'): string[] {
  const plans = planRegions(configuration);
  const plan = plans.find((each) => each.region === region);
  if (plan === undefined) return [];
  const context: StackContext = { settings: configuration.settings, plan, plans, stacks: '', priceRevision: '' };
  const resources = regionParts(context).flatMap(([, part]) => Object.entries(part));
  const { sends } = regionNames(region);
  return resources
    .filter(([, resource]) => isNestedStack(resource, stage === 'all' ? '' : sends))
    .map(([name]) => name);
}

/** @param without the condition that does not hold */
function isNestedStack(resource: Yaml, without: string): boolean {
  if (typeof resource !== 'object' || !('Type' in resource) || !('Condition' in resource)) return false;
  return resource['Type'] === 'AWS::Serverless::Application' && resource['Condition'] !== without;
}

function regionSection(context: StackContext): string {
  return regionParts(context)
    .map(
      ([title, resources]) =>
        `\n  # ${title.startsWith('-') ? title : `${context.plan.region}: ${title}`}\n${renderYaml(resources, '  ')}`,
    )
    .join('');
}

/** The resources of a region in parts, each with its title. */
function regionParts(context: StackContext): readonly (readonly [string, Resources])[] {
  const { region, settings, fallback } = context.plan;
  return [
    [`--- ${region} `.padEnd(118, '-'), sharedResources(context)],
    ...(fallback === undefined
      ? []
      : [['network and cluster of the fallback', fallbackResources(context)] as [string, Resources]]),
    ...(settings.source_target.includes('target')
      ? [['target side', targetResources(context)] as [string, Resources]]
      : []),
    ...(settings.source_target.includes('source')
      ? [['source side', sourceResources(context)] as [string, Resources]]
      : []),
  ];
}

function checkLimits(configuration: Configuration, options: TemplateOptions): void {
  const { resources, bytes } = measureTemplate(configuration, options);
  if (resources <= MAX_RESOURCES && bytes <= MAX_BYTES) return;
  throw new TemplateLimitError(
    `The template would have ${resources} resources and ${bytes} bytes as uploaded by SAM; CloudFormation allows ${MAX_RESOURCES} and ${MAX_BYTES}. Split the configuration into two, each with its own stack_name.`,
    { context: { resources, bytes } },
  );
}

/**
 * What CloudFormation's limits are compared with: bytes as SAM uploads the template, see `packagedSize`. SAM names
 * nested templates by where it uploaded them, so the path from the template to them does not count.
 */
export function measureTemplate(
  configuration: Configuration,
  { priceRevision }: Pick<TemplateOptions, 'priceRevision'>,
): { readonly resources: number; readonly bytes: number } {
  const { settings } = configuration;
  const plans = planRegions(configuration);
  const parts = plans.flatMap((plan) => regionParts({ settings, plan, plans, stacks: '', priceRevision }));
  const resources = Object.assign({}, ...parts.map(([, part]) => part)) as Resources;
  const frame = { ...preamble(configuration, plans), Outputs: outputs(configuration, plans) };
  const bytes = packagedSize({ frame, resources, uploadPrefix: settings.stack_name });
  return { resources: Object.keys(resources).length, bytes };
}
