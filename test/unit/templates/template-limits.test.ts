import { expect, test } from '@jest/globals';
import { measureTemplate, writeTemplate } from '../../../src/templates/write-template.ts';
import { rulesOverTenRegions } from '../../support/rules-over-ten-regions.ts';

const OPTIONS = { stacks: 'src/stacks', priceRevision: '1.0.0-0123456789ab' };

test('90 rules with ordinary names over ten regions fit, and more are refused for their number of resources', () => {
  expect(measureTemplate(rulesOverTenRegions(90), OPTIONS).bytes).toBeLessThan(900_000);
  const { resources, bytes } = measureTemplate(rulesOverTenRegions(100), OPTIONS);
  expect(resources).toBeGreaterThan(500);
  expect(bytes).toBeLessThan(1_000_000);
  expect(() => writeTemplate(rulesOverTenRegions(100), OPTIONS)).toThrow(/would have \d+ resources/);
});

test('a template that only SAM makes too large is refused, with both numbers', () => {
  const many = rulesOverTenRegions(86, 'a-long-prefix/'.repeat(24));
  const { bytes, resources } = measureTemplate(many, OPTIONS);
  expect(resources).toBeLessThanOrEqual(500);
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(() => writeTemplate(many, OPTIONS)).toThrow(
    `The template would have ${resources} resources and ${bytes} bytes as uploaded by SAM; CloudFormation allows 500 and 1000000.`,
  );
});

test('a template within both limits is written, and is shorter than the one that SAM uploads', () => {
  const few = rulesOverTenRegions(40);
  expect(Buffer.byteLength(writeTemplate(few, OPTIONS))).toBeLessThan(0.95 * measureTemplate(few, OPTIONS).bytes);
});

test('a template is not refused for the path to its nested stacks, which SAM replaces', () => {
  const close = rulesOverTenRegions(86, 'a-long-prefix/'.repeat(14));
  const { bytes } = measureTemplate(close, OPTIONS);
  const deep = { ...OPTIONS, stacks: `${'../'.repeat(1_000)}src/stacks` };
  expect(bytes).toBeLessThan(1_000_000);
  expect(bytes).toBeGreaterThan(900_000);
  expect(() => writeTemplate(close, deep)).not.toThrow();
});
