import { describeStatisticsStore } from '../../support/describe-statistics-store.ts';
import { MemoryStatisticsStore } from '../../support/memory-statistics-store.ts';

describeStatisticsStore('memory', () => new MemoryStatisticsStore());
