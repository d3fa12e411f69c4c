/** Gives each worker the next item as soon as it has finished the previous one. */
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
