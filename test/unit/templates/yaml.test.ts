import { describe, expect, test } from '@jest/globals';
import { Call, FoldedSub, getAtt, ref, renderYaml, sub } from '../../../src/templates/yaml.ts';

describe('renderYaml', () => {
  test('nests objects and lists, with objects in lists on the line of their dash', () => {
    expect(renderYaml({ A: { B: [{ C: 1, D: [true, 'x'] }, 'z'], E: {}, F: [] } })).toBe(
      'A:\n  B:\n    - C: 1\n      D:\n        - true\n        - x\n    - z\n  E: {}\n  F: []\n',
    );
  });

  test('quotes text that YAML would read as another type', () => {
    const texts = [
      'yes',
      'no',
      'null',
      'true',
      '1',
      '',
      '*',
      'a: b',
      '#',
      '2012-10-17',
      '1e3',
      ' x',
      "it's",
      'a"b',
      '.tif',
    ];
    for (const text of texts) expect(renderYaml({ A: text })).toBe(`A: ${JSON.stringify(text)}\n`);
    for (const text of ['eu-west-1', 'AWS::S3::Bucket', 's3:GetObject', 'src/stacks/rule.yaml']) {
      expect(renderYaml({ A: text })).toBe(`A: ${text}\n`);
    }
  });

  test('escapes characters that end a line or are forbidden in YAML but not in JSON', () => {
    expect(renderYaml({ A: 'a\u2028\u0085日' })).toBe('A: "a\\u2028\\u0085日"\n');
  });

  test('writes a long text on several lines, which YAML reads as one', () => {
    const body = new FoldedSub(['{"widgets":[', '{"title":"a: b"},', ']}']);
    expect(renderYaml({ A: { B: body } })).toBe('A:\n  B: !Sub >-\n    {"widgets":[\n    {"title":"a: b"},\n    ]}\n');
    expect(body.argument).toBe('{"widgets":[ {"title":"a: b"}, ]}');
  });

  test('writes the short forms of functions', () => {
    expect(
      renderYaml({ A: ref('B'), C: getAtt('D', 'E.F'), G: sub('$' + '{H}-x'), I: new Call('Equals', [ref('J'), 'k']) }),
    ).toBe('A: !Ref B\nC: !GetAtt D.E.F\nG: !Sub "$' + '{H}-x"\nI: !Equals [!Ref J, k]\n');
  });
});
