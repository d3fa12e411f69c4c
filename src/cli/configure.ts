import { runCommand } from './deployment/run-command.ts';
import { runConfigure } from './deployment/run-configure.ts';

/** `npm run configure`: see docs/deployment.md. */
await runCommand(runConfigure);
