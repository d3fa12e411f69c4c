import { runCommand } from './deployment/run-command.ts';
import { runInvoke } from './invoke/run-invoke.ts';

/** `npm run invoke`: see events/README.md. */
await runCommand(runInvoke);
