import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ALARMS } from '../../templates/alarms.ts';
import { updateAlarms } from '../../templates/write-alarms.ts';

/** Writes the alarms of src/templates/alarms.ts into the stacks. */
const stacks = new URL('../../stacks/', import.meta.url);

for (const [stack, rows] of Object.entries(ALARMS)) {
  const url = new URL(`${stack}.yaml`, stacks);
  await writeFile(url, updateAlarms(await readFile(url, 'utf8'), `${stack}.yaml`, rows));
  process.stdout.write(`Wrote ${rows.length} alarms into ${fileURLToPath(url)}\n`);
}
