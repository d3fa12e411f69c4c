/** CloudFormation's JSON: values, and functions as objects with one key. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A string unchanged; anything else as JSON. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
