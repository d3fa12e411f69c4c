import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export interface RenderedUpdate {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
  readonly ConditionExpression?: string;
}

/** An update of numbers in DynamoDB, over attributes whose names need placeholders. */
export class UpdateExpression {
  readonly #adds: string[] = [];
  readonly #sets: string[] = [];
  #condition: string | undefined;
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, AttributeValue> = {};

  add(name: string, value: number): void {
    this.#adds.push(this.#bind(name, value).join(' '));
  }

  set(name: string, value: number): void {
    this.#sets.push(this.#bind(name, value).join(' = '));
  }

  /** The update is refused unless the attribute has this value. */
  demand(name: string, value: number): void {
    this.#condition = this.#bind(name, value).join(' = ');
  }

  render(): RenderedUpdate {
    const clause = (verb: string, parts: readonly string[]): string[] =>
      parts.length === 0 ? [] : [`${verb} ${parts.join(', ')}`];
    return {
      UpdateExpression: [...clause('ADD', this.#adds), ...clause('SET', this.#sets)].join(' '),
      ExpressionAttributeNames: this.#names,
      ExpressionAttributeValues: this.#values,
      ...(this.#condition === undefined ? {} : { ConditionExpression: this.#condition }),
    };
  }

  #bind(name: string, value: number): [string, string] {
    const index = Object.keys(this.#names).length;
    this.#names[`#${index}`] = name;
    this.#values[`:${index}`] = { N: renderNumber(value) };
    return [`#${index}`, `:${index}`];
  }
}

/** 17 digits, which are all that a double has; moto reads an exponent only after a point, hence not `1e-7`. */
function renderNumber(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : value.toExponential(16);
}
