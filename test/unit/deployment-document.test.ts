import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const STACKS = fileURLToPath(new URL('../../src/stacks/', import.meta.url));
const TEMPLATES = fileURLToPath(new URL('../../src/templates/', import.meta.url));
const document = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');

/** The page's names for the services of resource types. */
const WORDS: Readonly<Record<string, string>> = {
  ApplicationAutoScaling: 'Application Auto Scaling',
  CloudFormation: 'CloudFormation stacks',
  CloudWatch: 'CloudWatch alarms',
  DynamoDB: 'DynamoDB table',
  EC2: 'a VPC with subnets and endpoints',
  ECR: 'an ECR repository',
  ECS: 'an ECS cluster and services',
  Events: 'EventBridge rules',
  IAM: 'IAM roles and policies',
  KMS: 'KMS keys',
  Logs: 'log groups',
  S3: 'S3 buckets',
  SNS: 'SNS topics',
  SQS: 'SQS queues',
};
/** SAM's types, and what they become. */
const TRANSFORMED: Readonly<Record<string, string>> = {
  Application: 'CloudFormation stacks',
  Function: 'Lambda functions and event source mappings',
  StateMachine: 'Step Functions state machine',
};

function table(heading: RegExp): string {
  const [, rest = ''] = document.split(heading);
  return /(?:^ *\|.*\n)+/m.exec(rest)?.[0] ?? '';
}

function resourceTypes(): string[] {
  const texts = [STACKS, TEMPLATES].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(yaml|ts)$/.test(name))
      .map((name) => readFileSync(`${folder}${name}`, 'utf8')),
  );
  return [...new Set(texts.flatMap((text) => text.match(/(?<=Type: '?)AWS::\w+::\w+/g) ?? []))];
}

test('the page on deployment lists the service of every resource among the permissions of the deploying identity', () => {
  const permissions = table(/^- An AWS account/m);
  const words = resourceTypes().map((type) => {
    const [, service = '', name = ''] = type.split('::');
    return (service === 'Serverless' ? TRANSFORMED[name] : WORDS[service]) ?? `no word for ${type}`;
  });
  expect(new Set(words).size).toBeGreaterThan(12);
  expect([...new Set(words)].filter((word) => !permissions.includes(word))).toEqual([]);
});

test('the page on deployment has a row for each stack', () => {
  const rows = [...table(/^## What is deployed$/m).matchAll(/^\| ((?:`[a-z]+\.yaml`(?:, )?)+) \|/gm)];
  const named = rows.flatMap(([, names = '']) => names.replaceAll('`', '').split(', '));
  expect(named.toSorted()).toEqual([...readdirSync(STACKS), 'template.yaml'].toSorted());
});
