import { runCommand } from '../command/run-command.ts';
import { runDeploy } from './run-deploy.ts';

/** `npm run deploy`: see docs/deployment.md. */
await runCommand(runDeploy);
