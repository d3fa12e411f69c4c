/** JSON of CloudFormation: values, and functions as objects of one key. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A text as it is; anything else as JSON. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
