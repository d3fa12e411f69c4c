import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Files of a package that its license requires us to redistribute. */
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const PACKAGE = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//;

/** SPDX identifier of a license for which none of our packages has a file. */
const MIT_0 = `MIT No Attribution

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
/** Start of a license that names no copyright holder, so its text is the same for every package. */
const WITHOUT_HOLDER = /^\s*Apache License\s+Version 2\.0/;

interface BundledPackage {
  readonly folder: string;
  readonly name: string;
}

interface LicensedPackage {
  /** Name, version and license. */
  readonly title: string;
  /** As given in its package.json. */
  readonly license: string;
  readonly author: string;
  readonly texts: readonly string[];
}

/**
 * The text of THIRD_PARTY_NOTICES: every package that is at least partly in the bundles, with its license.
 * @throws Error if a package has none
 * @param metafile esbuild's description of the bundles
 * @param root folder that its paths are relative to
 */
export async function thirdPartyNotices(metafile: Metafile, root: string): Promise<string> {
  const packages = new Map<string, BundledPackage>();
  for (const path of Object.keys(metafile.inputs)) {
    const [, folder = '', name = ''] = PACKAGE.exec(path) ?? [];
    if (name !== '') packages.set(folder, { folder, name });
  }
  const sorted = [...packages.values()].toSorted((left, right) => (left.folder < right.folder ? -1 : 1));
  const licensed = await Promise.all(sorted.map((one) => readLicense(one, root)));
  return [
    `The functions contain parts of these ${licensed.length} packages. node_modules also has other packages, with their own license files.`,
    ...licensed.map((one) => [one.title, ...textsOf(one, licensed)].join('\n\n')),
    '',
  ].join('\n\n');
}

/**
 * The license texts of a package; if it has none, the text of the license that its package.json names.
 * @throws Error when no package has that text: the image must not lack it
 */
function textsOf(
  { title, texts, license, author }: LicensedPackage,
  all: readonly LicensedPackage[],
): readonly string[] {
  if (texts.length > 0) return texts;
  const others = all.filter((other) => other.license === license).flatMap((other) => other.texts);
  const text = license === 'MIT-0' ? MIT_0 : others.find((other) => WITHOUT_HOLDER.test(other));
  if (text === undefined)
    throw new Error(`${title} has no license file, and no other package has the text of its license.`);
  return [`The package has no license file; it is by ${author} and declares this license.`, text];
}

async function readLicense({ folder, name }: BundledPackage, root: string): Promise<LicensedPackage> {
  const path = join(root, folder);
  const {
    version = '',
    license = 'not stated',
    author = 'its authors',
  } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as {
    readonly version?: string;
    readonly license?: string;
    readonly author?: string | { readonly name: string };
  };
  const files = (await readdir(path)).filter((file) => LICENSE_FILE.test(basename(file))).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8')));
  return {
    title: `--- ${name} ${version} (${license})`,
    license,
    author: typeof author === 'string' ? author : author.name,
    texts: texts.map((text) => text.trim()),
  };
}
