import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';

/** A quota, by its names in Service Quotas. */
export interface QuotaName {
  readonly ServiceCode: string;
  readonly QuotaCode: string;
}

/** @returns undefined without the permission to read it; then the default is used instead */
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
