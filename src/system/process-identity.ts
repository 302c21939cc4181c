import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Which process this is, for longer than its number is its own. Fields are empty where the system does not tell them
 * (no /proc): then nothing can be proven about the process.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process (proc_pid_stat(5), field 22). */
  readonly startTime: string;
  /** /proc/sys/kernel/random/boot_id: another value after every boot. */
  readonly bootId: string;
  /** Inode of the PID namespace: numbers of two namespaces say nothing about each other (pid_namespaces(7)). */
  readonly pidNamespace: string;
}

function textOf(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}

/** `undefined` where no such process exists; empty where the system has no /proc. */
function startTimeOf(pid: number): string | undefined {
  if (textOf(() => readFileSync('/proc/self/stat', 'latin1')) === '') return '';
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (stat === '') return undefined;
  // The second field is the program's name in parentheses and may hold anything, so count from the last one.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

/** The identity of the running process. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    bootId: textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    pidNamespace: textOf(() => readlinkSync('/proc/self/ns/pid')).replaceAll(/\D/g, ''),
  };
}

/** What can be known from here: `unknown` for a process of another machine, boot or PID namespace. */
export function fateOf(identity: ProcessIdentity): 'runs' | 'dead' | 'unknown' {
  const own = ownIdentity();
  if (own.bootId === '' || own.bootId !== identity.bootId) return 'unknown';
  if (own.pidNamespace === '' || own.pidNamespace !== identity.pidNamespace) return 'unknown';
  return startTimeOf(identity.pid) === identity.startTime ? 'runs' : 'dead';
}
