/** Bytes. */
export const KIB = 1024;
export const MIB = 1024 * KIB;

/** S3: bytes of a key in UTF-8. */
export const MAX_KEY_BYTES = 1024;
