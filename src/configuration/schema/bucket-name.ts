/**
 * What S3 asks of the name of a general purpose bucket (S3 user guide, "General purpose bucket naming rules"), one
 * regular expression a rule, so that a wrong name is told what is wrong with it.
 */
const RULES: readonly { readonly pattern: string; readonly broken: string }[] = [
  { pattern: '^.{3,63}$', broken: 'a bucket name has 3 to 63 characters' },
  { pattern: '^[a-z0-9.-]*$', broken: 'a bucket name has only lower-case letters, digits, dots and hyphens' },
  { pattern: '^[a-z0-9](.*[a-z0-9])?$', broken: 'a bucket name begins and ends with a letter or digit' },
  { pattern: '^(?!.*\\.\\.)', broken: 'a bucket name has no two dots in a row' },
  { pattern: '^(?!\\d+\\.\\d+\\.\\d+\\.\\d+$)', broken: 'a bucket name does not look like an IP address' },
  {
    pattern: '^(?!xn--|sthree-|amzn-s3-demo-)',
    broken: 'names that begin with xn--, sthree- or amzn-s3-demo- are reserved',
  },
  {
    pattern: '^(?!.*(-s3alias|--ol-s3|\\.mrap|--x-s3|--table-s3)$)',
    broken: 'names that end with -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3 are not of general purpose buckets',
  },
];

/** All rules in one, for editors. */
export const BUCKET_NAME_PATTERN = RULES.map(({ pattern }) => `(?=${pattern})`).join('');

/** The first rule that a name breaks; undefined for a name that S3 takes. */
export function bucketNameFault(name: string): string | undefined {
  return RULES.find(({ pattern }) => !new RegExp(pattern).test(name))?.broken;
}
