import type { Result } from './results.ts';

/** The results for the mutants of a folder. */
interface Counts {
  mutants: number;
  tried: number;
  noticed: number;
  refused: number;
  accepted: number;
  unnoticed: number;
}

export class RoomCounts {
  readonly #rooms = new Map<string, Counts>();

  addFile(file: string, mutants: number): void {
    this.#of(file).mutants += mutants;
  }

  add(file: string, verdict: Result['verdict'], isAccepted: boolean): void {
    const counts = this.#of(file);
    counts.tried += 1;
    if (verdict === 'refused') counts.refused += 1;
    else if (verdict !== 'unnoticed') counts.noticed += 1;
    else if (isAccepted) counts.accepted += 1;
    else counts.unnoticed += 1;
  }

  get unnoticed(): number {
    return [...this.#rooms.values()].reduce((sum, { unnoticed }) => sum + unnoticed, 0);
  }

  /** A line per folder. */
  describe(): readonly string[] {
    return [...this.#rooms].map(([room, { mutants, tried, noticed, refused, accepted, unnoticed }]) =>
      [
        `${room}: ${tried} of ${mutants} mutants tried`,
        `${noticed} noticed by tests`,
        `${refused} refused by the compiler`,
        `${accepted} accepted in test/mutation/survivors.json`,
        `${unnoticed} not noticed`,
      ].join(', '),
    );
  }

  #of(file: string): Counts {
    const room = file.split('/')[1] ?? '';
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const counts = { mutants: 0, tried: 0, noticed: 0, refused: 0, accepted: 0, unnoticed: 0 };
    this.#rooms.set(room, counts);
    return counts;
  }
}
