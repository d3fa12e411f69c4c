import { createDeploymentHandler } from '../wiring/deployment.ts';

/** Lambda entry of the custom resources: a request from CloudFormation in, a response to its URL out. */
export const handler = createDeploymentHandler(process.env);
