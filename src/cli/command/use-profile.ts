/** Variables with credentials, which an explicitly named profile must override. */
const OTHER_CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/**
 * Makes every client of this process, and every program that it starts, use a profile of the AWS configuration. For
 * commands that run the SAM CLI, which reads its credentials from the environment.
 * @param profile undefined changes nothing
 */
export function useProfile(profile: string | undefined, environment: NodeJS.ProcessEnv = process.env): void {
  if (profile === undefined) return;
  environment['AWS_PROFILE'] = profile;
  for (const name of OTHER_CREDENTIALS) Reflect.deleteProperty(environment, name);
}
