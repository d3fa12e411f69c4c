import { resolve } from 'node:path';
import ts from 'typescript';
import type { Mutant } from './find-mutants.ts';

/** Complaints of habit, not of types: no mutant is refused for what it leaves unused. */
const LENIENT: ts.CompilerOptions = {
  noEmit: true,
  noUnusedLocals: false,
  noUnusedParameters: false,
  // Told, so that what cannot run can be left out of account.
  allowUnreachableCode: false,
  allowUnusedLabels: true,
  noImplicitReturns: false,
};

/**
 * Asks the compiler of TypeScript for its opinion of mutants that no test notices. What it refuses cannot come about by
 * mistake, since `npm run check` compiles everything: a required property that is left out, a guard that tells the type.
 * What the mutant keeps from running is left out of account: there, nothing but the guard may have told a type.
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
    // The compiler knows what never runs behind a bare literal only.
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

/** What never runs of `true ? a : b`: that it does not compile says nothing. The condition is at `start`. */
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
