import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { deploymentFolder, isProjectConfiguration, makeDeploymentFiles } from '../../command/deployment-files.ts';
import { refuseExample } from '../../deploy/refuse-example.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok } from '../diagnosis.ts';

/** Checks that the files are not the example, and that the templates match them. */
export const CONFIGURATION_CHECKS: CheckGroup = {
  name: 'configuration',
  title: 'Configuration',
  needsAccount: false,
  checksOf: (context) => [
    { subject: 'values', takes: 'nothing', run: () => Promise.resolve([checkValues(context)]) },
    { subject: 'templates', takes: 'read access to the project', run: () => checkTemplates(context) },
  ],
};

function checkValues({ configuration, folder }: CheckContext): Diagnosis {
  try {
    refuseExample(configuration);
    const rules = configuration.rules.length;
    return ok('values', `${rules} ${rules === 1 ? 'rule' : 'rules'}, all checks passed (${folder}).`);
  } catch (thrown) {
    const says = thrown instanceof Error ? thrown.message.replace(' Nothing was done.', '') : String(thrown);
    return failure('values', says, `edit ${folder}/settings.json and ${folder}/replication_config.json`);
  }
}

/** A folder without templates is not checked. */
async function checkTemplates({ configuration, folder }: CheckContext): Promise<Diagnosis[]> {
  const where = deploymentFolder(folder);
  const isProject = isProjectConfiguration(folder);
  if (!isProject && !existsSync(join(where, 'template.yaml'))) return [];
  const stale = (await makeDeploymentFiles(configuration, where, folder)).filter(({ isUpToDate }) => !isUpToDate);
  if (stale.length === 0) return [ok('templates', 'Match this configuration.')];
  const names = stale.map(({ path }) => relative(where, path)).join(' and ');
  const fix = isProject ? 's3xrc configure' : `s3xrc configure --configuration ${folder} --out ${folder}`;
  return [failure('templates', `Do not match this configuration: ${names}.`, fix)];
}
