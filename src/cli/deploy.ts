import { runCommand } from './deployment/run-command.ts';
import { runDeploy } from './deployment/run-deploy.ts';

/** `npm run deploy`: see docs/deployment.md. */
await runCommand(runDeploy);
