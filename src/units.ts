/** Bytes. */
export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const TIB = 1024 * GIB;

/** S3: bytes of a key in UTF-8. */
export const MAX_KEY_BYTES = 1024;
