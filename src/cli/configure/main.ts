import { runCommand } from '../command/run-command.ts';
import { runConfigure } from './run-configure.ts';

/** `npm run configure`: see docs/deployment.md. */
await runCommand(runConfigure);
