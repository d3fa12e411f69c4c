import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { UnreadableAccountError } from '../command/errors.ts';

/** Who deploys, and to which account. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

/**
 * Asks AWS which identity the credentials belong to.
 * @param region any region of the configuration: STS is available in all of them
 * @param sts a client for that region; it is closed afterward
 * @throws UnreadableAccountError
 */
export async function readIdentity(region: string, sts = new STSClient({ region })): Promise<Identity> {
  try {
    const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { account: Account, arn: Arn };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadableAccountError(
      `AWS does not accept the credentials of this shell (asked in ${region}): ${said}. ` +
        'Set AWS_PROFILE or log in, until `aws sts get-caller-identity` works. Nothing was built or changed.',
      { context: { region }, cause },
    );
  } finally {
    sts.destroy();
  }
}
