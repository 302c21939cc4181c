import { execFileSync } from 'node:child_process';

/** What `spawn` needs to start a program as the user that servers run as. Empty where that is ourselves. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
}

/** PostgreSQL refuses to run as root (manual, section "The PostgreSQL User Account"): root's servers run as `nobody`. */
export const serverUser: ServerUser = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
