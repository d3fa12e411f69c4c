/** The largest value of a period. */
export interface Reading {
  /** Beginning of the period, in milliseconds since 1970. */
  readonly time: number;
  readonly value: number;
}
