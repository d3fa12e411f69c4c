import ts from 'typescript';

/** One change to one file that a test should notice. */
export interface Mutant {
  /** Offsets into the text of the file: what is replaced. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** From 1. */
  readonly line: number;
  /** What was there and what is there now, in one line: a survivor is listed by it. */
  readonly change: string;
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

/**
 * The mutants of a file of TypeScript: operators turned round, conditions that always or never hold, flipped booleans, and
 * statements, arguments' properties and spreads left out. Types, imports and texts of errors are let alone.
 */
export function findMutants(text: string): readonly Mutant[] {
  const file = ts.createSourceFile('mutated.ts', text, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const replace = (from: { start: number; end: number }, replacement: string): void => {
    const line = file.getLineAndCharacterOfPosition(from.start).line + 1;
    const before = inOneLine(text.slice(from.start, from.end));
    mutants.push({ ...from, replacement, line, change: `${before} -> ${inOneLine(replacement) || '(nothing)'}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isThrowStatement(node) || isErrorCall(node)) return;
    for (const [part, replacement] of replacementsOf(node)) replace(spanOf(part, text), replacement);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return mutants;
}

function* replacementsOf(node: ts.Node): Generator<[ts.Node, string]> {
  if (ts.isBinaryExpression(node)) {
    const operator = OPERATORS.get(node.operatorToken.kind);
    if (operator !== undefined) yield [node.operatorToken, operator];
    if (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) yield [node, node.left.getText()];
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) yield [node, 'false'];
  if (node.kind === ts.SyntaxKind.FalseKeyword) yield [node, 'true'];
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
    yield [node, node.operand.getText()];
  }
  const condition = conditionOf(node);
  if (condition !== undefined) {
    yield [condition, 'true'];
    yield [condition, 'false'];
  }
  if (ts.isExpressionStatement(node) && hasEffect(node.expression)) yield [node, ';'];
  if (ts.isPropertyAssignment(node) || ts.isSpreadAssignment(node)) yield [node, '...{}'];
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node)) return node.expression;
  return ts.isConditionalExpression(node) ? node.condition : undefined;
}

function hasEffect(expression: ts.Expression): boolean {
  const bare = ts.isAwaitExpression(expression) || ts.isVoidExpression(expression) ? expression.expression : expression;
  const calls = ts.isCallExpression(bare) && bare.expression.kind !== ts.SyntaxKind.SuperKeyword;
  return calls || (ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.EqualsToken);
}

/** What an error says is for people; whether it is thrown is what the condition before it decides. */
function isErrorCall(node: ts.Node): boolean {
  return ts.isNewExpression(node) && node.expression.getText().endsWith('Error');
}

function spanOf(node: ts.Node, text: string): { start: number; end: number } {
  return { start: node.getStart(), end: Math.min(node.getEnd(), text.length) };
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 120);
}
