import { describe, expect, test } from '@jest/globals';
import { ResponseHeaders } from '../../../../src/aws/http/response-headers.ts';
import { describeObject } from '../../../../src/aws/s3/describe-object.ts';

const ANSWER = { etag: '"0123"', 'last-modified': 'Mon, 23 Nov 2026 10:00:00 GMT' };

describe("the time of S3's response", () => {
  test("comes from its `Date` header, not from the object's modification", () => {
    const { answeredAt, lastModified } = describeObject(
      ResponseHeaders.of({ ...ANSWER, date: 'Tue, 24 Nov 2026 11:12:13 GMT' }),
      3,
    );
    expect(answeredAt).toBe(Date.UTC(2026, 10, 24, 11, 12, 13));
    expect(lastModified).toEqual(new Date(Date.UTC(2026, 10, 23, 10)));
  });

  test.each([
    ['without a `Date`', {}],
    ['with an empty one', { date: '' }],
    ['with an invalid one', { date: 'yesterday' }],
    // Two headers become a list.
    ['with two of them', { date: 'Tue, 24 Nov 2026 11:12:13 GMT, Tue, 24 Nov 2026 11:12:14 GMT' }],
  ])('is unknown for a response %s, which is still valid', (_, date) => {
    const description = describeObject(ResponseHeaders.of({ ...ANSWER, ...date }), 3);
    expect(description).not.toHaveProperty('answeredAt');
    expect(description).toMatchObject({ etag: '0123', size: 3, tagCount: 0 });
  });
});
