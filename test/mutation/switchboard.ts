/** What instrumented files call at each place with a mutant. */
export class Switchboard {
  /** The number of the active mutant; -1: none. */
  active = -1;
  readonly #reached: Uint8Array;

  constructor(mutants: number) {
    this.#reached = new Uint8Array(mutants);
  }

  /** True if the mutant with this number is active; records the call. */
  readonly is = (mutant: number): boolean => {
    this.#reached[mutant] = 1;
    return mutant === this.active;
  };

  /** The mutants recorded since the last call. */
  takeReached(): readonly number[] {
    const reached = [...this.#reached.keys()].filter((mutant) => this.#reached[mutant] === 1);
    this.#reached.fill(0);
    return reached;
  }
}
