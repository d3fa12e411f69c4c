import type { Random } from './random.ts';

/**
 * | fault | what the caller sees | what the server did |
 * |---|---|---|
 * | throttled | 503 with the service's error document | nothing |
 * | reset before | its connection is reset | nothing |
 * | reset after | its connection is reset | everything: the response is lost |
 * | cut body | headers and half of the body, then a reset | everything |
 * | stalled | nothing for a while, then a reset | nothing |
 */
export const FAULTS = ['throttled', 'reset before', 'reset after', 'cut body', 'stalled'] as const;

export type Fault = (typeof FAULTS)[number];

/** The fault of the next request, or undefined when it goes through. Draws once or twice from `random`. */
export function chooseFault(share: number, faults: readonly Fault[], random: Random): Fault | undefined {
  if (random() >= share) return undefined;
  return faults[Math.floor(random() * faults.length)];
}
