import { runCommand } from './deployment/run-command.ts';
import { runRemove } from './deployment/run-remove.ts';

/** `npm run remove`: see docs/deployment.md. */
await runCommand(runRemove);
