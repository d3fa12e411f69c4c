import type { Mutant } from './find-mutants.ts';

/**
 * The text of a file with all of its mutants, each behind a call to `globalThis.mutation`. A mutant is switched on by
 * its number without reloading the file, and the calls show which mutants a test reaches.
 *
 * @param first the number of the first mutant; the others follow in their order
 */
export function instrument(text: string, mutants: readonly Mutant[], first: number): string {
  const nodes = groupByNode(mutants, first);
  return `const isMutated = globalThis.mutation.is; ${render(text, 0, text.length, nodes)}`;
}

/** The mutants of one node of the syntax tree. */
interface MutatedNode {
  readonly start: number;
  readonly end: number;
  readonly kind: Mutant['kind'];
  readonly numbered: { readonly number: number; readonly replacement: string }[];
}

/** In order of their start, outer nodes before those inside them. */
function groupByNode(mutants: readonly Mutant[], first: number): readonly MutatedNode[] {
  const nodes = new Map<string, MutatedNode>();
  for (const [index, { start, end, kind, replacement }] of mutants.entries()) {
    const key = `${start} ${end} ${kind}`;
    const node = nodes.get(key) ?? { start, end, kind, numbered: [] };
    node.numbered.push({ number: first + index, replacement });
    nodes.set(key, node);
  }
  return [...nodes.values()].toSorted((one, two) => one.start - two.start || two.end - one.end);
}

function render(text: string, start: number, end: number, nodes: readonly MutatedNode[]): string {
  let rendered = '';
  let at = start;
  for (const [index, node] of nodes.entries()) {
    // Inside a node that is already rendered.
    if (node.start < at) continue;
    const inner = nodes.slice(index + 1).filter((other) => other.start < node.end);
    rendered += text.slice(at, node.start) + choose(node, render(text, node.start, node.end, inner));
    at = node.end;
  }
  return rendered + text.slice(at, end);
}

function choose({ kind, numbered }: MutatedNode, original: string): string {
  const questions = numbered.map(({ number }) => `isMutated(${number})`);
  if (kind === 'statement') return `{ if (!${questions.join('')}) { ${original} } }`;
  if (kind === 'property') return `...(${questions.join('')} ? {} : { ${original} })`;
  const choices = numbered.map(({ replacement }, index) => `${questions[index] ?? ''} ? (${replacement}) : `);
  return `(${choices.join('')}(${original}))`;
}
