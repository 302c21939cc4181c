import { spawn, type ChildProcess } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly output: string;
}

const running = new Set<ChildProcess>();

/** Hands a signal on to what runs now. */
export function stopRunning(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

/** One child, its output shown while it runs (or returned, with `quiet`). Of our environment it gets what a terminal needs. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string; readonly quiet?: boolean },
): Promise<Ran> {
  return new Promise((done, fail) => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      TERM: process.env['TERM'] ?? 'dumb',
      ...options.env,
    };
    const child = spawn(program, args, {
      cwd: options.cwd,
      env,
      stdio: options.quiet === true ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    running.add(child);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', fail);
    child.on('close', () => running.delete(child));
    child.on('close', (code, signal) => done({ code: code ?? (signal === null ? 1 : 128), output: output.trim() }));
  });
}

export const lastLine = (output: string): string => (output.split('\n').at(-1) ?? '').trim();
