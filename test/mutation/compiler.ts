import { resolve } from 'node:path';
import ts from 'typescript';
import type { Mutant } from './find-mutants.ts';

/** Style checks, not type checks, are off: no mutant is refused for what it leaves unused. */
const LENIENT: ts.CompilerOptions = {
  noEmit: true,
  noUnusedLocals: false,
  noUnusedParameters: false,
  // Reported, so that errors in unreachable code can be ignored.
  allowUnreachableCode: false,
  allowUnusedLabels: true,
  noImplicitReturns: false,
};

/**
 * Compiles mutants that no test notices. A mistake that the compiler refuses would not pass `npm run check`, which
 * compiles everything: for example a missing required property, or a missing type guard. Errors in code that the mutant
 * makes unreachable are ignored: there, only the guard may have narrowed a type.
 */
export class Compiler {
  readonly #options: ts.CompilerOptions;
  readonly #host: ts.CompilerHost;
  readonly #read = new Map<string, ts.SourceFile | undefined>();
  #mutated: { readonly path: string; readonly text: string } | undefined;
  #program: ts.Program | undefined;

  /** @param overrides of the project's options */
  constructor(overrides: ts.CompilerOptions = {}) {
    const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as { config: unknown };
    this.#options = { ...ts.parseJsonConfigFileContent(config, ts.sys, '.').options, ...LENIENT, ...overrides };
    const host = ts.createCompilerHost(this.#options);
    this.#host = {
      ...host,
      getSourceFile: (path, version) => {
        if (resolve(path) === this.#mutated?.path) return ts.createSourceFile(path, this.#mutated.text, version);
        if (!this.#read.has(path)) this.#read.set(path, host.getSourceFile(path, version));
        return this.#read.get(path);
      },
    };
  }

  /** @param text of the file without the mutant */
  refuses(file: string, text: string, { start, end, replacement, kind }: Mutant): boolean {
    // The compiler detects unreachable code only after a bare literal.
    const isLiteral = replacement === 'true' || replacement === 'false';
    const replaced = kind === 'expression' && !isLiteral ? `(${replacement})` : replacement;
    this.#mutated = { path: resolve(file), text: text.slice(0, start) + replaced + text.slice(end) };
    const program = ts.createProgram([file], this.#options, this.#host, this.#program);
    this.#program = program;
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`${file} cannot be read`);
    const told = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const [unreachable, faults] = partition(told);
    const dead = [...unreachable.map(rangeOf), ...deadBranches(source, start)];
    return faults.map(rangeOf).some((fault) => !dead.some(({ from, to }) => from <= fault.from && fault.to <= to));
  }
}

interface TextRange {
  readonly from: number;
  readonly to: number;
}

const UNREACHABLE = 7027;

function partition(told: readonly ts.Diagnostic[]): [unreachable: ts.Diagnostic[], faults: ts.Diagnostic[]] {
  return [told.filter(({ code }) => code === UNREACHABLE), told.filter(({ code }) => code !== UNREACHABLE)];
}

function rangeOf({ start = 0, length = 0 }: ts.Diagnostic): TextRange {
  return { from: start, to: start + length };
}

/** The branch of `true ? a : b` that never runs: errors in it do not count. The condition is at `start`. */
function deadBranches(source: ts.SourceFile, start: number): TextRange[] {
  const dead: TextRange[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isConditionalExpression(node) && node.condition.getStart(source) === start) {
      const condition = node.condition.getText(source);
      const branch = condition === 'true' ? node.whenFalse : condition === 'false' ? node.whenTrue : undefined;
      if (branch !== undefined) dead.push({ from: branch.getStart(source), to: branch.getEnd() });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return dead;
}
