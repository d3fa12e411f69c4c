/** Variables of credentials, which a profile that is asked for by name has to win over. */
const OTHER_CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/**
 * Has every client of this process, and every program that it starts, use a profile of the AWS configuration. For commands that run
 * the SAM CLI, which takes its credentials from the environment.
 * @param profile undefined leaves all as it is
 */
export function useProfile(profile: string | undefined, environment: NodeJS.ProcessEnv = process.env): void {
  if (profile === undefined) return;
  environment['AWS_PROFILE'] = profile;
  for (const name of OTHER_CREDENTIALS) Reflect.deleteProperty(environment, name);
}
