/** CPU usage of this thread; Node before 23.9, on which only commands run, reports that of the whole process. */
const cpuUsage = (before?: NodeJS.CpuUsage): NodeJS.CpuUsage =>
  typeof process.threadCpuUsage === 'function' ? process.threadCpuUsage(before) : process.cpuUsage(before);

/** Starts a clock of CPU seconds of this thread. */
export function startCpuClock(): () => number {
  const before = cpuUsage();
  return () => {
    const { user, system } = cpuUsage(before);
    return (user + system) / 1e6;
  };
}
