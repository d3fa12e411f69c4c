import { runCommand } from '../command/run-command.ts';
import { runResend } from './run-resend.ts';

/** `npm run resend`: see docs/operations.md. */
await runCommand(runResend);
