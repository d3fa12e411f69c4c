import { createDeploymentHandler } from '../wiring/deployment.ts';

/** Lambda entry of the custom resources: a request of CloudFormation in, an answer to its URL out. */
export const handler = createDeploymentHandler(process.env);
