import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Files of a package that its license asks to be passed on. */
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const PACKAGE = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//;

const NO_TEXT = 'The package has no license file of its own.';

interface BundledPackage {
  readonly folder: string;
  readonly name: string;
}

/**
 * The text of THIRD_PARTY_NOTICES: every package of which a part is in the bundles, with its license.
 * @param metafile what esbuild says of the bundles
 * @param root folder that its paths are relative to
 */
export async function thirdPartyNotices(metafile: Metafile, root: string): Promise<string> {
  const packages = new Map<string, BundledPackage>();
  for (const path of Object.keys(metafile.inputs)) {
    const [, folder = '', name = ''] = PACKAGE.exec(path) ?? [];
    if (name !== '') packages.set(folder, { folder, name });
  }
  const sorted = [...packages.values()].toSorted((left, right) => (left.folder < right.folder ? -1 : 1));
  const notices = await Promise.all(sorted.map((one) => readNotice(one, root)));
  return [
    `The functions contain parts of these ${notices.length} packages. Beside them, node_modules has others with their own license files.`,
    ...notices,
    '',
  ].join('\n\n');
}

async function readNotice({ folder, name }: BundledPackage, root: string): Promise<string> {
  const path = join(root, folder);
  const { version = '', license = 'not stated' } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as {
    readonly version?: string;
    readonly license?: string;
  };
  const files = (await readdir(path)).filter((file) => LICENSE_FILE.test(basename(file))).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8')));
  const title = `--- ${name} ${version} (${license})`;
  return [title, ...(texts.length === 0 ? [NO_TEXT] : texts.map((text) => text.trim()))].join('\n\n');
}
