import { readFileSync } from 'node:fs';

const DOCKERFILE = new URL('../../layers/Dockerfile', import.meta.url);

/**
 * What the image sets for the process itself; memory and CPU time depend on it.
 * @throws RangeError if it sets nothing
 */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const settings = [...readFileSync(DOCKERFILE, 'utf8').matchAll(/^ENV (NODE_OPTIONS|MALLOC_\w+)=(.+)$/gm)];
  if (settings.length === 0) throw new RangeError('layers/Dockerfile sets nothing for Node and its memory');
  return Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value]));
}
