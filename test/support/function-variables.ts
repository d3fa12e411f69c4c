import type * as z from 'zod';

/**
 * The environment variables that a function requires, such as `sourceVariables` of src/wiring/source.ts.
 * @param name of the function's bundle
 */
export async function functionVariables(name: string): Promise<z.ZodType> {
  const wiring = (await import(`../../src/wiring/${name}.ts`)) as Readonly<Record<string, z.ZodType | undefined>>;
  const variables = wiring[`${name}Variables`];
  if (variables === undefined) throw new TypeError(`src/wiring/${name}.ts must export ${name}Variables`);
  return variables;
}
