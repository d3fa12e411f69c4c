import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { CheckGroup } from '../check.ts';
import { type Diagnosis, failure, notChecked, ok, warning } from '../diagnosis.ts';

/** AWS refuses signatures that are off by more than 15 minutes; ages and expiry are wrong even with less. */
const FAILURE_SECONDS = 300;
const WARNING_SECONDS = 30;
const FIX = 'sudo timedatectl set-ntp true (or start the time service of this system)';

/** Checks that this machine and AWS agree on the time. */
export const CLOCK_CHECKS: CheckGroup = {
  name: 'clock',
  title: 'Clock',
  checksOf: ({ clients, plans: [first], now }) =>
    first === undefined
      ? []
      : [
          {
            subject: 'this machine',
            takes: 'sts:GetCallerIdentity',
            run: async (signal) => [judgeClock(await readServerTime(clients.sts(first.region), signal), now())],
          },
        ],
};

/** @param server AWS's time; both in milliseconds since 1970 */
export function judgeClock(server: number | undefined, local: number): Diagnosis {
  const subject = 'this machine';
  if (server === undefined) return notChecked(subject, 'AWS did not return the time.');
  const seconds = Math.round((local - server) / 1000);
  const off = Math.abs(seconds);
  const says = `Its clock is ${off} s ${seconds < 0 ? 'behind' : 'ahead of'} AWS.`;
  if (off >= FAILURE_SECONDS) return failure(subject, `${says} AWS rejects requests that are off by 15 minutes.`, FIX);
  return off >= WARNING_SECONDS ? warning(subject, says, FIX) : ok(subject, says);
}

/** The time of a response, in whole seconds; undefined if it has none. */
async function readServerTime(sts: STSClient, abortSignal: AbortSignal): Promise<number | undefined> {
  const command = new GetCallerIdentityCommand({});
  let date: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result as { readonly response: { readonly headers?: Readonly<Record<string, string>> } };
      date = response.headers?.['date'];
      return result;
    },
    { step: 'deserialize', name: 'readServerTime' },
  );
  await sts.send(command, { abortSignal });
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : time;
}
