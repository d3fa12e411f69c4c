import { resourceNamePrefix } from '../../configuration/schema/resource-names.ts';

/** Name of the stack of src/stacks/registry.yaml. */
export function registryStackName(stackName: string): string {
  return `${resourceNamePrefix(stackName)}-registry`;
}
