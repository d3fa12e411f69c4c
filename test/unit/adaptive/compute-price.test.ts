import { describe, expect, test } from '@jest/globals';
import { functionDollarsPerVcpuSecond, taskDollarsPerVcpuSecond } from '../../../src/adaptive/compute-price.ts';
import { marginalPrices, ruleCosts } from '../../../src/adaptive/cost-model.ts';
import { examplePrices } from '../../support/prices.ts';
import { exampleRule } from '../../support/rules.ts';

const prices = examplePrices({
  lambda_gb_second: 0.0000133334,
  fargate_vcpu_hour: 0.03238,
  fargate_gb_hour: 0.00356,
});

describe('a second of one vCPU', () => {
  test('costs 0.0000230 USD in a function, and 0.0000110 in a task with 2 GB per vCPU', () => {
    expect(functionDollarsPerVcpuSecond(prices)).toBeCloseTo(0.000023, 7);
    expect(taskDollarsPerVcpuSecond(prices, { cpu: 2048, memoryMebibytes: 4096 })).toBeCloseTo(0.000011, 7);
  });

  test('costs more in a task with more memory per vCPU, and the same in a larger task with the same ratio', () => {
    const small = taskDollarsPerVcpuSecond(prices, { cpu: 256, memoryMebibytes: 512 });
    expect(taskDollarsPerVcpuSecond(prices, { cpu: 4096, memoryMebibytes: 8192 })).toBe(small);
    expect(taskDollarsPerVcpuSecond(prices, { cpu: 256, memoryMebibytes: 2048 })).toBeCloseTo(
      small + (6 * 0.00356) / 3600,
      15,
    );
  });

  test('is charged at the price of the task or function that spends it when levels are chosen', () => {
    const second = taskDollarsPerVcpuSecond(prices, { cpu: 2048, memoryMebibytes: 4096 });
    expect(marginalPrices(ruleCosts(exampleRule(), prices, second)).cpuSecond).toBe(second);
    expect(marginalPrices(ruleCosts(exampleRule(), prices)).cpuSecond).toBe(functionDollarsPerVcpuSecond(prices));
  });
});
