import { GIB } from '../../units.ts';

/**
 * Dollars per GB from eu-west-1 to most other regions. AWS's on-demand price of "data transfer out to other AWS
 * regions" as of November 2026; from other regions it is 0.01 to 0.15.
 */
const DOLLARS_PER_GIGABYTE = 0.02;

/** Dollars of inter-region transfer, all destinations together. */
export interface TransferCost {
  readonly dollarsPerGigabyte: number;
  /** S3 replicating every object directly. */
  readonly without: number;
  /** S3 replicating the archives. */
  readonly with: number;
}

export function transferCost(bytes: number, compressedBytes: number, destinations: number): TransferCost {
  const dollars = (sent: number): number => (sent / GIB) * DOLLARS_PER_GIGABYTE * destinations;
  return {
    dollarsPerGigabyte: DOLLARS_PER_GIGABYTE,
    without: dollars(bytes),
    with: dollars(compressedBytes),
  };
}
