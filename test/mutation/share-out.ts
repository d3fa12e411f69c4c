/** Gives each of the hands the next item as soon as it is done with its last one. */
export async function shareOut<H, T>(
  hands: readonly H[],
  items: readonly T[],
  work: (hand: H, item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    hands.map(async (hand) => {
      for (const item of left) await work(hand, item);
    }),
  );
}
