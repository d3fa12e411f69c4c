import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { CheckpointKeeper, type CheckpointOwner } from '../../backfill/checkpoint-keeper.ts';
import type { CheckpointStore } from '../../backfill/dependencies.ts';
import { isRunning } from './is-running.ts';

/** Keeps a checkpoint for this process. */
export function keepCheckpoint(store: CheckpointStore): CheckpointKeeper {
  return new CheckpointKeeper({
    store,
    owner: thisProcess(),
    isRunning,
    now: Date.now,
    repeat: (milliseconds, work) => setInterval(work, milliseconds).unref(),
  });
}

function thisProcess(): CheckpointOwner {
  const { pid } = process;
  return { owner: `${userName()}@${hostname()}, process ${pid},`, machine: machineId(), process: pid };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that has no name.
    return `user ${process.getuid?.() ?? ''}`;
  }
}

/** Distinguishes machines with the same name, and containers on one machine, whose processes do not see each other. */
function machineId(): string {
  const parts = [
    hostname(),
    readIfThere(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    readIfThere(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Empty if the system is not Linux. */
function readIfThere(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}
