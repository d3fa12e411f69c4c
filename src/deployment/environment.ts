import * as z from 'zod';
import type { Environment } from '../configuration/environment.ts';
import { InvalidEnvironmentError } from '../configuration/errors.ts';

const schema = z.object({
  AWS_REGION: z.string().min(1),
  /** Where prices.json is. */
  CONFIGURATION_DIRECTORY: z.string().min(1),
});

export type DeploymentEnvironment = z.infer<typeof schema>;

/** @throws InvalidEnvironmentError that names every variable that is missing */
export function readDeploymentEnvironment(environment: Environment): DeploymentEnvironment {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new InvalidEnvironmentError(`The deployment function's environment is not usable. ${problems.join('; ')}`, {
    context: { problems: problems.length },
  });
}
