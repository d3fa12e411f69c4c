import type { CheckGroup } from '../check.ts';
import { ok } from '../diagnosis.ts';

/** Whose account is looked at. Who has no identity gets no further than this. */
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
