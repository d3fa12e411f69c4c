import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export interface RenderedUpdate {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
  readonly ConditionExpression?: string;
}

/**
 * An update of numbers in DynamoDB, over attributes whose names need placeholders. The placeholders are short, because
 * an expression may have only 4 KB.
 */
export class UpdateExpression {
  readonly #adds: string[] = [];
  readonly #sets: string[] = [];
  readonly #removes: string[] = [];
  #condition: string | undefined;
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, AttributeValue> = {};
  #placeholders = 0;

  add(name: string, value: string): void {
    this.#adds.push(this.#bind(name, value).join(' '));
  }

  set(name: string, value: string): void {
    this.#sets.push(this.#bind(name, value).join('='));
  }

  remove(name: string): void {
    this.#removes.push(this.#bindName(name));
  }

  /** The update is refused unless the attribute has this value. */
  demand(name: string, value: string): void {
    this.#condition = this.#bind(name, value).join('=');
  }

  /** The update is refused if there is such an attribute. */
  demandAbsence(name: string): void {
    this.#condition = `attribute_not_exists(${this.#bindName(name)})`;
  }

  render(): RenderedUpdate {
    const clause = (verb: string, parts: readonly string[]): string[] =>
      parts.length === 0 ? [] : [`${verb} ${parts.join(',')}`];
    const clauses = [...clause('ADD', this.#adds), ...clause('SET', this.#sets), ...clause('REMOVE', this.#removes)];
    return {
      UpdateExpression: clauses.join(' '),
      ExpressionAttributeNames: this.#names,
      ExpressionAttributeValues: this.#values,
      ...(this.#condition === undefined ? {} : { ConditionExpression: this.#condition }),
    };
  }

  #bind(name: string, value: string): [string, string] {
    const placeholder = this.#bindName(name);
    const valuePlaceholder = `:${placeholder.slice(1)}`;
    this.#values[valuePlaceholder] = { N: value };
    return [placeholder, valuePlaceholder];
  }

  #bindName(name: string): string {
    const placeholder = `#${this.#placeholders.toString(36)}`;
    this.#placeholders += 1;
    this.#names[placeholder] = name;
    return placeholder;
  }
}
