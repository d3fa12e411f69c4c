import { runCommand } from '../command/run-command.ts';
import { runInvoke } from './run-invoke.ts';

/** `npm run invoke`: see events/README.md. */
await runCommand(runInvoke);
