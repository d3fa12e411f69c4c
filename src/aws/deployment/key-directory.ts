import { DescribeKeyCommand, type KMSClient, KMSServiceException, NotFoundException } from '@aws-sdk/client-kms';
import { UnavailableKeyStoreError } from '../../deployment/errors.ts';
import type { KeyDirectory, KeyFacts } from '../../deployment/ports.ts';
import type { CompressorError } from '../../errors.ts';
import { AccessDeniedError } from '../../storage/errors.ts';

/** Looks up keys in KMS. */
export class KmsKeyDirectory implements KeyDirectory {
  readonly #clientOf: (region: string) => KMSClient;

  constructor(clientOf: (region: string) => KMSClient) {
    this.#clientOf = clientOf;
  }

  async find(arn: string, signal: AbortSignal): Promise<KeyFacts | undefined> {
    const region = arn.split(':')[3] ?? '';
    try {
      const command = new DescribeKeyCommand({ KeyId: arn });
      const { KeyMetadata } = await this.#clientOf(region).send(command, { abortSignal: signal });
      return {
        arn: KeyMetadata?.Arn ?? arn,
        isEnabled: KeyMetadata?.Enabled === true,
        state: KeyMetadata?.KeyState ?? 'unknown',
        isForSymmetricEncryption:
          KeyMetadata?.KeySpec === 'SYMMETRIC_DEFAULT' && KeyMetadata.KeyUsage === 'ENCRYPT_DECRYPT',
      };
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof NotFoundException) return undefined;
      throw keyFailure(thrown, arn);
    }
  }
}

function keyFailure(thrown: unknown, arn: string): CompressorError {
  const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const details = { context: { key: arn }, cause: thrown };
  return thrown instanceof KMSServiceException && thrown.name === 'AccessDeniedException'
    ? new AccessDeniedError(
        `The deployment function has no access to the KMS key ${arn} (${said}). Allow kms:DescribeKey in the key policy.`,
        details,
      )
    : new UnavailableKeyStoreError(`The KMS key ${arn} cannot be checked: ${said}`, details);
}
