import type { SampleResult } from '../sample-contract.ts';

/** Measures the work, which returns its number of output bytes. */
export async function measure(work: () => Promise<number>): Promise<SampleResult> {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const outputBytes = await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peakMemory = process.resourceUsage().maxRSS * 1024;
  return { seconds, cpuSeconds: (user + system) / 1e6, peakMemory, outputBytes };
}
