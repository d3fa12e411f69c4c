import { type DeployedRule, makeDeployedRule } from '../../src/configuration/deployed-rule.ts';
import { replicationSchema } from '../../src/configuration/schema/schema.ts';

/** Rules as in replication_config.json, with all defaults. */
export function deployedRules(entries: readonly unknown[]): DeployedRule[] {
  return replicationSchema
    .parse({ replication_configuration: entries })
    .replication_configuration.map(makeDeployedRule);
}
