import { execFileSync } from 'node:child_process';

/**
 * An executable file that starts this command with whatever arguments it gets. A process of its own writes it: what we have
 * open for writing, a child of ours that is being started has open too for a moment, and to start the file is refused
 * meanwhile (execve(2), ETXTBSY).
 */
export function placeLauncher(path: string, command: readonly string[]): void {
  const input = `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`;
  execFileSync('/bin/sh', ['-c', 'cat >"$0" && chmod 755 "$0"', path], { input });
}
