import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Numbers are multiples of 1e-100. */
const DECIMALS = 100;
const MAX_DIGITS = 38;
const MAX_EXPRESSION_BYTES = 4096;

type Item = Record<string, { readonly N: string }>;

interface ItemRequest {
  readonly Key: { readonly Id: { readonly S: string } };
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Item>;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * A client with DynamoDB in this process: GetItem, and UpdateItem of numbers, for tests with thousands of archives. It
 * calculates exactly, and refuses what DynamoDB refuses: numbers of more than 38 digits, expressions over 4 KB.
 */
export function exactDynamoDb(items = new Map<string, Item>()): DynamoDBClient {
  return new DynamoDBClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: (request: { readonly headers: Readonly<Record<string, string>>; readonly body?: Uint8Array }) => {
        const sent = JSON.parse(new TextDecoder().decode(request.body)) as ItemRequest;
        const isRead = request.headers['x-amz-target']?.endsWith('.GetItem') === true;
        const { status, body } = isRead ? { status: 200, body: { Item: items.get(idOf(sent)) } } : update(items, sent);
        const headers = { 'content-type': 'application/x-amz-json-1.0' };
        const answer = Readable.from([Buffer.from(JSON.stringify(body))]);
        return Promise.resolve({ response: { statusCode: status, headers, body: answer } });
      },
    },
  });
}

function idOf({ Key }: ItemRequest): string {
  return Key.Id.S;
}

function update(items: Map<string, Item>, request: ItemRequest): Answer {
  const former = items.get(idOf(request)) ?? {};
  if (!holds(former, request)) return refuse('ConditionalCheckFailedException', { Item: former });
  try {
    const item = changed(former, request);
    items.set(idOf(request), item);
    return { status: 200, body: { Attributes: item } };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return refuse('ValidationException', { message: thrown.message });
  }
}

function refuse(name: string, facts: object): Answer {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, ...facts } };
}

function holds(item: Item, request: ItemRequest): boolean {
  const { ConditionExpression: condition, ExpressionAttributeNames: names = {} } = request;
  if (condition === undefined) return true;
  const absent = /^attribute_not_exists\((.+)\)$/.exec(condition)?.[1];
  if (absent !== undefined) return item[names[absent] ?? ''] === undefined;
  const [name = '', value = ''] = condition.split('=');
  const stored = item[names[name] ?? ''];
  return stored !== undefined && parse(stored.N) === boundNumber(request, value);
}

function changed(former: Item, request: ItemRequest): Item {
  const { UpdateExpression: expression = '', ExpressionAttributeNames: names = {} } = request;
  if (expression.length > MAX_EXPRESSION_BYTES) throw new RangeError('Expression size has exceeded the maximum');
  const item = new Map(Object.entries(former));
  for (const [, verb = '', clause = ''] of expression.matchAll(/(ADD|SET|REMOVE) (.+?)(?= ADD| SET| REMOVE|$)/g)) {
    for (const action of clause.split(',')) {
      const [placeholder = '', value = ''] = action.split(/[ =]/);
      const name = names[placeholder] ?? '';
      if (verb === 'REMOVE') item.delete(name);
      else {
        const base = verb === 'ADD' ? parse(item.get(name)?.N ?? '0') : 0n;
        item.set(name, { N: render(base + boundNumber(request, value)) });
      }
    }
  }
  return Object.fromEntries(item);
}

function boundNumber({ ExpressionAttributeValues: values = {} }: ItemRequest, placeholder: string): bigint {
  const value = parse(values[placeholder]?.N ?? '');
  // The sent number must fit, too.
  render(value);
  return value;
}

function parse(text: string): bigint {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text) ?? [];
  const zeros = DECIMALS - fraction.length + Number(exponent);
  if (whole === '' || zeros < 0) throw new RangeError(`Not a number that can be kept: ${text}`);
  return BigInt(`${sign}${whole}${fraction}${'0'.repeat(zeros)}`);
}

function render(value: bigint): string {
  const digits = String(value).padStart(DECIMALS + 1, '0');
  if (digits.replace(/^0+/, '').replace(/0+$/, '').length > MAX_DIGITS)
    throw new RangeError('Attempting to store more than 38 significant digits in a Number');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/\.?0+$/, '');
}
