import {
  CreatePolicyVersionCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { field, listOf } from '../invariants.ts';
import { type Json, textOf } from '../templates/json.ts';

/** One policy of a role, inline or managed. */
interface RolePolicy {
  readonly statements: readonly Json[];
  /** Replaces the statements. */
  replace(statements: readonly Json[]): Promise<void>;
}

/** A statement of a role that can be removed and restored. */
export interface RoleStatement {
  readonly sid: string;
  /** Does the work without the statement, and always restores it afterwards. */
  without<T>(work: () => Promise<T>): Promise<T>;
}

/** Every statement of every policy of a role. */
export async function statementsOf(iam: IAMClient, roleArn: string): Promise<RoleStatement[]> {
  const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  const policies = await Promise.all([
    ...PolicyNames.map((name) => inlinePolicy(iam, RoleName, name)),
    ...AttachedPolicies.map(({ PolicyArn = '' }) => managedPolicy(iam, PolicyArn)),
  ]);
  return policies.flatMap((policy) => policy.statements.map((statement) => removable(policy, statement)));
}

function removable(policy: RolePolicy, statement: Json): RoleStatement {
  return {
    sid: textOf(field(statement, 'Sid')),
    async without(work) {
      const others = policy.statements.filter((other) => other !== statement);
      // IAM refuses a policy without statements, so this one allows something that nobody does.
      const nothing = { Effect: 'Allow', Action: 'iam:GetAccountSummary', Resource: '*' };
      await policy.replace(others.length > 0 ? others : [nothing]);
      try {
        return await work();
      } finally {
        await policy.replace(policy.statements);
      }
    },
  };
}

async function inlinePolicy(iam: IAMClient, RoleName: string, PolicyName: string): Promise<RolePolicy> {
  const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  return {
    statements: parseStatements(PolicyDocument),
    async replace(statements) {
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: documentOf(statements) }));
    },
  };
}

async function managedPolicy(iam: IAMClient, PolicyArn: string): Promise<RolePolicy> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
  let version = Policy?.DefaultVersionId;
  const found = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: version }));
  return {
    statements: parseStatements(found.PolicyVersion?.Document),
    async replace(statements) {
      const PolicyDocument = documentOf(statements);
      const request = new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true });
      const { PolicyVersion } = await iam.send(request);
      // A policy can have at most five versions.
      await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: version }));
      version = PolicyVersion?.VersionId;
    },
  };
}

/** IAM answers with percent-encoded JSON. */
function parseStatements(document = ''): readonly Json[] {
  return listOf(field(JSON.parse(decodeURIComponent(document)) as Json, 'Statement'));
}

function documentOf(statements: readonly Json[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
