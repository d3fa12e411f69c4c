import { runCommand } from '../command/run-command.ts';
import { runRemove } from './run-remove.ts';

/** `npm run remove`: see docs/deployment.md. */
await runCommand(runRemove);
