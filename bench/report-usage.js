import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Preloaded into the measured process (`node --import`): writes its own peak of resident memory and processor time.
 * JavaScript: to take the types out of TypeScript, Node loads 17 MB into the process that is measured.
 */
const path = process.env['HOLDFAST_BENCH_USAGE'];
if (path !== undefined) {
  process.once('exit', () => {
    // VmHWM is this process alone (proc_pid_status(5)); what wait4 reports would include pg_dump and the others.
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    const { user, system } = process.cpuUsage();
    writeFileSync(path, JSON.stringify({ peakBytes: Number(peak) * 1_024, processorMs: (user + system) / 1_000 }));
  });
}
