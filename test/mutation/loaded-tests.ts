import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getState, resetState, type State } from 'jest-circus';

type DescribeBlock = State['rootDescribeBlock'];
type Hook = DescribeBlock['hooks'][number];
type Function = Hook['fn'];

/** One test of a file, with all of its hooks. */
export interface LoadedTest {
  readonly name: string;
  run(): Promise<void>;
}

/** Imports a test file and returns its tests that are not skipped, in order. */
export async function loadTests(file: string): Promise<readonly LoadedTest[]> {
  resetState();
  await import(pathToFileURL(join(process.cwd(), file)).href);
  return [...testsOf(getState().rootDescribeBlock, [])];
}

function* testsOf(block: DescribeBlock, outer: readonly DescribeBlock[]): Generator<LoadedTest> {
  const blocks = [...outer, block];
  for (const child of block.children) {
    if (child.mode === 'skip') continue;
    if (child.type === 'describeBlock') yield* testsOf(child, blocks);
    else yield { name: nameOf(child.name, blocks), run: () => runOnce(child.fn, blocks) };
  }
}

function nameOf(test: string, [, ...blocks]: readonly DescribeBlock[]): string {
  return [...blocks.map(({ name }) => name), test].join(' > ');
}

/** A single test runs all hooks of its blocks, including those that normally run once for all tests. */
async function runOnce(test: Function, blocks: readonly DescribeBlock[]): Promise<void> {
  const hooks = (type: Hook['type']): readonly Function[] =>
    blocks.flatMap((block) => block.hooks.filter((hook) => hook.type === type).map(({ fn }) => fn));
  const inner = (type: Hook['type']): readonly Function[] => hooks(type).toReversed();
  try {
    for (const fn of [...hooks('beforeAll'), ...hooks('beforeEach'), test]) await call(fn);
  } finally {
    for (const fn of [...inner('afterEach'), ...inner('afterAll')]) await call(fn);
  }
}

async function call(fn: Function): Promise<void> {
  await (fn as () => unknown)();
}
