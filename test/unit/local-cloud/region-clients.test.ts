import { afterEach, expect, test } from '@jest/globals';
import { isolatedVariables } from '../../../local-cloud/isolated-variables.ts';
import { createRegionClients, destroyRegionClients } from '../../../local-cloud/region-clients.ts';

const OPTIONS = ['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'];

afterEach(() => {
  for (const name of OPTIONS) Reflect.deleteProperty(process.env, name);
});

test('clients of a region use its endpoint, whatever AWS endpoint options the user has set', async () => {
  for (const name of OPTIONS) process.env[name] = 'true';
  const clients = createRegionClients('eu-west-1', 'http://127.0.0.1:1');
  for (const { config } of [clients.s3, clients.sqs, clients.dynamodb]) {
    expect(await config.useFipsEndpoint()).toBe(false);
    expect(await config.useDualstackEndpoint()).toBe(false);
  }
  destroyRegionClients(clients);
});

test("a local process receives none of the user's AWS settings", () => {
  for (const name of OPTIONS) process.env[name] = 'true';
  expect(Object.keys(isolatedVariables()).filter((name) => name.startsWith('AWS_'))).toEqual([
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
  ]);
  expect(isolatedVariables()['AWS_CONFIG_FILE']).toBe('/dev/null');
});
