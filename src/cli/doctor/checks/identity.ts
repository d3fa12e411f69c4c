import type { CheckGroup } from '../check.ts';
import { ok } from '../diagnosis.ts';

/** Reports whose account is examined. Without an identity, no further checks run. */
export const IDENTITY_CHECKS: CheckGroup = {
  name: 'identity',
  title: 'Identity',
  checksOf: ({ identity }) => [
    {
      subject: 'account',
      takes: 'sts:GetCallerIdentity',
      run: () => Promise.resolve([ok('account', `${identity.account}, as ${identity.arn}.`)]),
    },
  ],
};
