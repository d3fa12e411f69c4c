import { describe, expect, test } from '@jest/globals';
import type { DeletionMemory, SourceDeletion } from '../../src/restoring/deletions/deletion-memory.ts';

const AT = Date.UTC(2026, 10, 23);

/** What every deletion memory must do. @param open opens a memory; no two tests use the same rules */
export function describeDeletionMemory(name: string, open: () => DeletionMemory): void {
  const recalled = async (rule: string, keys: readonly string[], since = AT): Promise<SourceDeletion[]> =>
    [...(await open().recall(rule, since, keys)).values()].flat();

  describe(`deletions kept in ${name}`, () => {
    test('are found by rule and by the requested keys', async () => {
      const deletions = [
        { key: 'a/b c', eventTime: AT - 1, sequencer: '0055AED6DCD90281E5' },
        { key: 'ключ', eventTime: AT - 2 },
        { key: 'other', eventTime: AT - 3, sequencer: 'F' },
      ];
      await open().record('one', deletions, AT);
      expect(await recalled('one', ['ключ', 'a/b c', 'never deleted'])).toEqual([
        { key: 'a/b c', eventTime: AT - 1, sequencer: '0055aed6dcd90281e5' },
        { key: 'ключ', eventTime: AT - 2 },
      ]);
      expect(await recalled('one', ['other'])).toEqual([{ key: 'other', eventTime: AT - 3, sequencer: 'f' }]);
      expect(await recalled('two', ['other'])).toEqual([]);
    });

    test('are the last of each key, whatever the order in which they were recorded', async () => {
      await open().record('order', [{ key: 'k', eventTime: 5, sequencer: '30' }], AT);
      await open().record('order', [{ key: 'k', eventTime: 9, sequencer: '20' }], AT);
      expect(await recalled('order', ['k'])).toEqual([{ key: 'k', eventTime: 5, sequencer: '30' }]);
    });

    test('are found from a given time on', async () => {
      await open().record('time', [{ key: 'k', eventTime: 1 }], AT);
      expect(await recalled('time', ['k'], AT)).toHaveLength(1);
      expect(await recalled('time', ['k'], AT + 1)).toEqual([]);
    });

    test('may be recorded twice and in large numbers', async () => {
      const many = Array.from({ length: 25_000 }, (_, index) => ({
        key: `key-${index}`,
        eventTime: AT,
        sequencer: 'ab',
      }));
      await open().record('many', many, AT);
      await open().record('many', many.slice(0, 5), AT + 1);
      const found = await recalled('many', ['key-0', 'key-24999', 'key-25000']);
      expect(found.map(({ key }) => key).toSorted()).toEqual(['key-0', 'key-24999']);
    });
  });
}
