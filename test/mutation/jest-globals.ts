/**
 * What tests import from `@jest/globals`, without Jest: the same describe, test and expect, so that a process can load
 * a test once and call it for many mutants.
 */
import { ModernFakeTimers } from '@jest/fake-timers';

export { expect } from 'expect';
export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from 'jest-circus';

/** Not `globalThis` itself: otherwise Node's own modules would get fake clocks, too, unlike in Jest. */
const global = new Proxy(globalThis, {});
type Options = ConstructorParameters<typeof ModernFakeTimers>[0];

export const jest = new ModernFakeTimers({ global, config: { fakeTimers: {} } } as unknown as Options);
