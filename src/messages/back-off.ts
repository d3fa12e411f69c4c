const FIRST_DELAY_SECONDS = 30;
const MAX_DELAY_SECONDS = 15 * 60;

/**
 * How long a message that failed stays invisible: 30 s, doubled with each receive, at most 15 minutes, minus up to half
 * of it at random, so that messages that failed together do not return together.
 * @param receiveCount 1 for the first receive
 * @param random in [0, 1)
 * @param firstSeconds instead of the 30 s
 */
export function backOffSeconds(receiveCount: number, random: number, firstSeconds = FIRST_DELAY_SECONDS): number {
  const full = Math.min(MAX_DELAY_SECONDS, firstSeconds * 2 ** Math.max(0, receiveCount - 1));
  return Math.round(full * (1 - random / 2));
}
