/**
 * The part of its parent's environment that a local process gets: the locations of programs and temporary files. The
 * user's own region, credentials and endpoint options, in variables or in `~/.aws`, are meant for AWS and not for local
 * processes.
 */
export function isolatedVariables(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}
