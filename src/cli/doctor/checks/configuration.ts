import { relative } from 'node:path';
import { CONFIGURATION, makeDeploymentFiles, PROJECT } from '../../command/deployment-files.ts';
import { refuseExample } from '../../deploy/refuse-example.ts';
import type { CheckGroup, Patient } from '../check.ts';
import { type Diagnosis, failure, ok } from '../diagnosis.ts';

/** Checks that the files are not the example, and that the templates match them. */
export const CONFIGURATION_CHECKS: CheckGroup = {
  name: 'configuration',
  title: 'Configuration',
  needsAccount: false,
  checksOf: (patient) => [
    { subject: 'values', takes: 'nothing', run: () => Promise.resolve([checkValues(patient)]) },
    { subject: 'templates', takes: 'read access to the project', run: () => checkTemplates(patient) },
  ],
};

function checkValues({ configuration, folder }: Patient): Diagnosis {
  try {
    refuseExample(configuration);
    const rules = configuration.rules.length;
    return ok('values', `${rules} ${rules === 1 ? 'rule' : 'rules'}, all checks passed (${folder}).`);
  } catch (thrown) {
    const says = thrown instanceof Error ? thrown.message.replace(' Nothing was done.', '') : String(thrown);
    return failure('values', says, `edit ${folder}/settings.json and ${folder}/replication_config.json`);
  }
}

/** Files of another folder are not deployed. */
async function checkTemplates({ configuration, folder }: Patient): Promise<Diagnosis[]> {
  if (folder !== CONFIGURATION) return [];
  const stale = (await makeDeploymentFiles(configuration, PROJECT)).filter(({ upToDate }) => !upToDate);
  if (stale.length === 0) return [ok('templates', 'Made of this configuration.')];
  const names = stale.map(({ path }) => relative(PROJECT, path)).join(' and ');
  return [failure('templates', `Not made of this configuration: ${names}.`, 's3xrc configure')];
}
