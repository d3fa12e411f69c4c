import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';

/** As Service Quotas names it. */
export interface QuotaName {
  readonly ServiceCode: string;
  readonly QuotaCode: string;
}

/** Where it may not be read, the default is what can be compared. @returns undefined there */
export async function readQuota(
  client: ServiceQuotasClient,
  name: QuotaName,
  abortSignal: AbortSignal,
): Promise<number | undefined> {
  const { GetServiceQuotaCommand } = await import('@aws-sdk/client-service-quotas');
  try {
    return (await client.send(new GetServiceQuotaCommand(name), { abortSignal })).Quota?.Value;
  } catch {
    abortSignal.throwIfAborted();
    return undefined;
  }
}
