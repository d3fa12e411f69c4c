/** What instrumented files ask at each place that has a mutant. */
export class Switchboard {
  /** The number of the mutant that is in force; none has -1. */
  active = -1;
  readonly #reached: Uint8Array;

  constructor(mutants: number) {
    this.#reached = new Uint8Array(mutants);
  }

  /** True where the mutant of this number is in force; that it was asked for is kept. */
  readonly is = (mutant: number): boolean => {
    this.#reached[mutant] = 1;
    return mutant === this.active;
  };

  /** The mutants that were asked for since the last call. */
  takeReached(): readonly number[] {
    const reached = [...this.#reached.keys()].filter((mutant) => this.#reached[mutant] === 1);
    this.#reached.fill(0);
    return reached;
  }
}
