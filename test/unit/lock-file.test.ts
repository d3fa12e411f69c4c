import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

interface LockedPackage {
  readonly link?: boolean;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const security = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
const packages = Object.entries(lock.packages).filter(([path, { link }]) => path !== '' && link !== true);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('package-lock.json', () => {
  test('has a SHA-512 of each package, including those of other platforms: npm refuses a package that differs', () => {
    expect(packages.length).toBeGreaterThan(100);
    const without = packages.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
    expect(without.map(([path]) => path)).toEqual([]);
  });

  test('has no package with an install script except those that docs/security.md names', () => {
    const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const unnamed = scripted.map(([path]) => nameOf(path)).filter((name) => !security.includes(`\`${name}\``));
    expect(unnamed).toEqual([]);
  });
});
