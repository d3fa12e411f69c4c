/** Legal keys that a tool could misinterpret. They leave room for the rule's prefix within S3's limit. */
const KEYS: readonly string[] = [
  'with space and  two.txt',
  'a+b=c&d?e#f.txt',
  'ünïcödé/日本語/файл.txt',
  'unicode/e\u0301 in two.txt',
  'unicode/\u00e9 in one.txt',
  'emoji/🙂👩‍👩‍👧.txt',
  'double//slash.txt',
  'triple///slash.txt',
  'folder-marker/',
  'own-folder',
  'own-folder/child.txt',
  'climbs/../../etc/passwd',
  'here/./there.txt',
  '100%.txt',
  'percent/%2F/%2e%2e/%.txt',
  'new\nline.txt',
  'back\\slash.txt',
  `"quoted" 'twice' \`thrice\`.txt`,
  '-rf',
  '~root',
  '*?[glob]{a,b}.txt',
  'manifest.json',
  '__proto__',
  'PaxHeaders/member.txt',
  `${'segment-of-16-by/'.repeat(14)}end.txt`,
];

/** Objects of the default run that test difficult keys, in the folder `hard keys/`. */
export function edgeCaseKeys(maxKeyBytes: number): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const folder = 'hard keys/';
  const longest = 'k'.repeat(maxKeyBytes - Buffer.byteLength(folder));
  return [...KEYS, longest].map((key) => ({
    name: `${folder}${key}`,
    bytes: Buffer.from(`The key of this object is ${JSON.stringify(key)}.\n`),
  }));
}
