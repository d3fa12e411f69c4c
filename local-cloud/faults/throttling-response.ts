import type { IncomingHttpHeaders } from 'node:http';

export interface ThrottlingResponse {
  readonly status: 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const MESSAGE = 'Please reduce your request rate.';

/** The 503 of the service that a request is signed for: S3 speaks XML, SQS and DynamoDB speak JSON. */
export function makeThrottlingResponse(headers: IncomingHttpHeaders): ThrottlingResponse {
  // Only the JSON protocols name their operation in this header.
  const operation = headers['x-amz-target'];
  if (operation === undefined) {
    return {
      status: 503,
      headers: { 'content-type': 'application/xml' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>${MESSAGE}</Message><RequestId>local</RequestId></Error>`,
    };
  }
  return {
    status: 503,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-query-error': 'ServiceUnavailable;Receiver' },
    body: JSON.stringify({ __type: 'com.amazonaws#ServiceUnavailable', message: MESSAGE }),
  };
}
