import { describeObjectStore } from '../../support/describe-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

describeObjectStore('memory', () =>
  Promise.resolve({
    store: new MemoryObjectStore({ buckets: ['conformance'] }),
    bucket: 'conformance',
    close: () => Promise.resolve(),
  }),
);
