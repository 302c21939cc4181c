import { createInterface } from 'node:readline';
import type { Context } from './context.ts';

/**
 * Asks on the terminal and accepts only `yes`. The end of input and a signal are a no: readline's own promise would stay
 * pending for ever at the end of input, and Node would then exit with 0.
 */
export async function approved(context: Context, question: string): Promise<boolean> {
  const terminal = createInterface({ input: context.stdin, output: context.stderr });
  try {
    return await new Promise<boolean>((settle) => {
      terminal.once('close', () => settle(false));
      // The terminal hands Ctrl-C to us and not to the process: it is to end as it does at any other time.
      terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      context.signal.addEventListener('abort', () => settle(false), { once: true });
      terminal.question(`\n${question} Only "yes" is accepted: `, (reply) => settle(reply.trim() === 'yes'));
    });
  } finally {
    terminal.close();
  }
}
