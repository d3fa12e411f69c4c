/** Addresses from `first` to `last`, as numbers. */
export interface Ipv4Block {
  readonly first: number;
  readonly last: number;
  /** Bits of the network part. */
  readonly bits: number;
}

/** @param cidr a valid block, such as `10.0.0.0/16`; bits after the network part are ignored, as in EC2 */
export function parseIpv4Block(cidr: string): Ipv4Block {
  const [address = '', length = ''] = cidr.split('/');
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1, bits: Number(length) };
}

export function blocksOverlap(left: Ipv4Block, right: Ipv4Block): boolean {
  return left.first <= right.last && right.first <= left.last;
}

/** How many blocks with this number of network bits the block contains; 0 if it is smaller than one. */
export function maxBlocks({ bits }: Ipv4Block, ofBits: number): number {
  return ofBits < bits ? 0 : 2 ** (ofBits - bits);
}

/** The first `count` blocks with this number of network bits, as text: `10.0.0.0/19`, `10.0.32.0/19`. */
export function divideBlock({ first }: Ipv4Block, ofBits: number, count: number): string[] {
  const size = 2 ** (32 - ofBits);
  return Array.from({ length: count }, (_, index) => `${formatAddress(first + index * size)}/${ofBits}`);
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
