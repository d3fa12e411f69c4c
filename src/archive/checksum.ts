import { crc32 as zlibCrc32 } from 'node:zlib';

/** CRC-32 (IEEE 802.3, as in zip and S3's `x-amz-checksum-crc32`), unsigned. */
export function crc32(bytes: Uint8Array): number {
  return zlibCrc32(bytes);
}

/**
 * CRC-32 of A followed by B, from their own CRCs and the length of B. The CRC is linear over GF(2), so appending
 * n zero bits is a matrix power (the method of zlib's crc32_combine, M. Adler).
 */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  let remaining = secondLength;
  let crc = first;
  for (let power = 0; remaining > 0; power += 1) {
    if (remaining % 2 === 1) crc = multiply(zeroBytesOperator(power), crc);
    remaining = Math.floor(remaining / 2);
  }
  return (crc ^ second) >>> 0;
}

/** Base64 of the four big-endian bytes: how S3 writes a CRC-32 in a header. */
export function crc32ToBase64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

export function crc32FromBase64(text: string): number {
  return Buffer.from(text, 'base64').readUInt32BE(0);
}

/** Eight hex digits: how the manifest writes a CRC-32. */
export function crc32ToHex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

type Matrix = readonly number[];

const POLYNOMIAL = 0xedb88320;
const ONE_BIT: Matrix = [POLYNOMIAL, ...Array.from({ length: 31 }, (_, bit) => 1 << bit)];
/** Operators that append 2^n zero bytes, made when first needed: a large object combines thousands of equal lengths. */
const OPERATORS: Matrix[] = [squareOf(squareOf(squareOf(ONE_BIT)))];

function zeroBytesOperator(power: number): Matrix {
  const known = OPERATORS[power];
  if (known !== undefined) return known;
  const operator = squareOf(zeroBytesOperator(power - 1));
  OPERATORS[power] = operator;
  return operator;
}

function multiply(matrix: Matrix, vector: number): number {
  let sum = 0;
  let bits = vector;
  for (let row = 0; bits !== 0; row += 1, bits >>>= 1) {
    if (bits & 1) sum ^= matrix[row] ?? 0;
  }
  return sum;
}

function squareOf(matrix: Matrix): Matrix {
  return matrix.map((column) => multiply(matrix, column));
}
