import ts from 'typescript';

/** One change to one file that a test should notice. */
export interface Mutant {
  /** The replaced text, as offsets into the file. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** The kind of node, which decides how the mutant can be switched on in place. */
  readonly kind: 'expression' | 'statement' | 'property';
  /** Starts at 1. */
  readonly line: number;
  /** The functions and methods around it, outermost first, joined by dots; empty at the top of the file. */
  readonly within: string;
  /** The old and the new text in one line; together with `within`, it identifies a survivor in the list. */
  readonly change: string;
  /** Which of several equal changes in the same function; starts at 1. */
  readonly nth: number;
}

const OPERATORS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.MinusToken, '+'],
]);

/** Characters of a `change`: enough to distinguish the places in a function. */
const CHANGE_LENGTH = 160;

/**
 * The mutants of a TypeScript file: inverted operators, conditions that always or never hold, flipped booleans, and
 * omitted statements, properties of arguments and spreads. Types, imports and texts of errors stay unchanged.
 */
export function findMutants(text: string): readonly Mutant[] {
  const file = ts.createSourceFile('mutated.ts', text, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node, within: string): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isThrowStatement(node) || isErrorCall(node) || isRetryable(node)) return;
    for (const { kind, replacement, change } of replacementsOf(node)) {
      const start = node.getStart();
      const line = file.getLineAndCharacterOfPosition(start).line + 1;
      const nth = 1 + mutants.filter((other) => other.within === within && other.change === change).length;
      mutants.push({ start, end: node.getEnd(), replacement, kind, line, within, change, nth });
    }
    const name = nameOf(node);
    const inside = name === undefined ? within : within === '' ? name : `${within}.${name}`;
    ts.forEachChild(node, (child) => {
      visit(child, inside);
    });
  };
  visit(file, '');
  return mutants;
}

type Replacement = Pick<Mutant, 'kind' | 'replacement' | 'change'>;

function* replacementsOf(node: ts.Node): Generator<Replacement> {
  const expression = (replacement: string): Replacement => ({
    kind: 'expression',
    replacement,
    change: describeChange(node, replacement),
  });
  if (ts.isBinaryExpression(node)) {
    const operator = OPERATORS.get(node.operatorToken.kind);
    if (operator !== undefined) yield expression(`${node.left.getText()} ${operator} ${node.right.getText()}`);
    if (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) yield expression(node.left.getText());
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) yield expression('false');
  if (node.kind === ts.SyntaxKind.FalseKeyword) yield expression('true');
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    yield expression(node.operand.getText());
  }
  if (isCondition(node)) {
    yield expression('true');
    yield expression('false');
  }
  if (ts.isExpressionStatement(node) && hasEffect(node.expression)) {
    yield { kind: 'statement', replacement: ';', change: describeChange(node, '') };
  }
  if (ts.isPropertyAssignment(node) || ts.isSpreadAssignment(node)) {
    yield { kind: 'property', replacement: '...{}', change: describeChange(node, '') };
  }
}

function isCondition(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isSourceFile(node)) return false;
  if (ts.isIfStatement(parent)) return parent.expression === node;
  return ts.isConditionalExpression(parent) && parent.condition === node;
}

function hasEffect(expression: ts.Expression): boolean {
  const bare = ts.isAwaitExpression(expression) || ts.isVoidExpression(expression) ? expression.expression : expression;
  const calls = ts.isCallExpression(bare) && bare.expression.kind !== ts.SyntaxKind.SuperKeyword;
  return calls || (ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.EqualsToken);
}

/** The text of an error is for people; the condition before it decides whether it is thrown. */
function isErrorCall(node: ts.Node): boolean {
  return ts.isNewExpression(node) && node.expression.getText().endsWith('Error');
}

/** errors-document.test.ts compares `retryable` of every error with docs/errors.md. */
function isRetryable(node: ts.Node): boolean {
  return ts.isPropertyDeclaration(node) && node.name.getText() === 'retryable';
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isGetAccessor(node)) {
    return node.name?.getText();
  }
  if (ts.isClassDeclaration(node)) return node.name?.getText();
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const isFunction = ts.isVariableDeclaration(node) && node.initializer && ts.isArrowFunction(node.initializer);
  return isFunction === true ? node.name.getText() : undefined;
}

/** A literal alone says nothing, so the code around it is shown, too. */
function describeChange(node: ts.Node, replacement: string): string {
  const isLiteral = node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword;
  const before = isLiteral ? `${inOneLine(node.parent.getText())}: ${node.getText()}` : inOneLine(node.getText());
  return `${before} -> ${inOneLine(replacement) || '(nothing)'}`;
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, CHANGE_LENGTH);
}
