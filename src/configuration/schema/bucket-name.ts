/**
 * S3's requirements for the name of a general purpose bucket (S3 user guide, "General purpose bucket naming rules"),
 * one regular expression per requirement, so that an error can say which one is not met.
 */
const RULES: readonly { readonly pattern: string; readonly broken: string }[] = [
  { pattern: '^.{3,63}$', broken: 'a bucket name has 3 to 63 characters' },
  { pattern: '^[a-z0-9.-]*$', broken: 'a bucket name has only lower-case letters, digits, dots and hyphens' },
  { pattern: '^[a-z0-9](.*[a-z0-9])?$', broken: 'a bucket name begins and ends with a letter or digit' },
  { pattern: '^(?!.*\\.\\.)', broken: 'a bucket name has no consecutive dots' },
  { pattern: '^(?!\\d+\\.\\d+\\.\\d+\\.\\d+$)', broken: 'a bucket name does not look like an IP address' },
  {
    pattern: '^(?!xn--|sthree-|amzn-s3-demo-)',
    broken: 'names that begin with xn--, sthree- or amzn-s3-demo- are reserved',
  },
  {
    pattern: '^(?!.*(-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3)$)',
    broken: 'names that end with -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3 are not for general purpose buckets',
  },
];

/** All requirements in one expression, for editors. */
export const BUCKET_NAME_PATTERN = RULES.map(({ pattern }) => `(?=${pattern})`).join('');

/** The first requirement that a name does not meet; undefined for a name that S3 accepts. */
export function bucketNameFault(name: string): string | undefined {
  return RULES.find(({ pattern }) => !new RegExp(pattern).test(name))?.broken;
}
