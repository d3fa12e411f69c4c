import { describe, expect, test } from '@jest/globals';
import { describeBuild } from '../../../../src/cli/deploy/describe-build.ts';

describe('the note before a build', () => {
  test.each([
    [{ arch: 'arm64', platform: 'linux', canEmulateArm64: false }, [], [/This machine/]],
    [{ arch: 'x64', platform: 'darwin', canEmulateArm64: false }, [/is x64: .*emulation/], [/binfmt/]],
    [{ arch: 'x64', platform: 'linux', canEmulateArm64: true }, [/is x64: .*emulation/], [/binfmt/]],
    [{ arch: 'x64', platform: 'linux', canEmulateArm64: false }, [/tonistiigi\/binfmt --install arm64/], []],
  ])('on %j', (machine, said, unsaid) => {
    const text = describeBuild(machine);
    expect(text).toContain('public.ecr.aws');
    for (const pattern of said) expect(text).toMatch(pattern);
    for (const pattern of unsaid) expect(text).not.toMatch(pattern);
  });
});
