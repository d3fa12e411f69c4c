/**
 * What a local process gets of its parent's environment: where programs and temporary files are. Region, credentials and
 * endpoint options of the user's own, in variables or in `~/.aws`, are for AWS and not for what runs here.
 */
export function isolatedVariables(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}
