import { runCommand } from './deployment/run-command.ts';
import { runResend } from './resend/run-resend.ts';

/** `npm run resend`: see docs/operations.md. */
await runCommand(runResend);
