import { systemClock } from '../system/clock.ts';
import { heartbeatEveryMs } from '../render/progress-heartbeat.ts';
import { lineProgress } from '../render/progress-lines.ts';
import { liveProgress } from '../render/progress-live.ts';
import type { Emit } from '../run/events.ts';
import { paintFor } from './colour.ts';
import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';

export interface Progress {
  readonly emit: Emit;
  close(): Promise<void>;
}

const redrawMs = 100;

/**
 * Shows run events on standard error: a live block on a terminal, lines in a log, JSON records for machines. `revealed` are
 * secrets that no record may show.
 */
export async function openProgress(
  options: GlobalOptions,
  context: Context,
  revealed: ReadonlySet<string>,
): Promise<Progress> {
  const kind = kindOf(options, context);
  switch (kind) {
    case 'none':
      return { emit: () => undefined, close: async () => undefined };
    case 'json':
      return jsonLog(revealed);
    case 'live':
      return live(options, context);
    case 'lines':
      return lines(context);
    default:
      return kind satisfies never;
  }
}

function kindOf({ progress }: GlobalOptions, { stderr, env }: Context): 'live' | 'lines' | 'json' | 'none' {
  if (progress !== 'auto') return progress;
  return stderr.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'] ? 'live' : 'lines';
}

async function jsonLog(revealed: ReadonlySet<string>): Promise<Progress> {
  const { pino, destination } = await import('pino');
  const hide = (text: string): string =>
    [...revealed].reduce(
      (hidden, secret) => (secret === '' ? hidden : hidden.replaceAll(JSON.stringify(secret).slice(1, -1), '[secret]')),
      text,
    );
  const stderr = destination({ fd: 2, sync: true });
  // As of the other forms: a log that cannot be written is no reason to give up a backup.
  stderr.on('error', () => undefined);
  const log = pino(
    { base: null, messageKey: 'message', timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: hide } },
    stderr,
  );
  return {
    emit: (event) => {
      const { kind, ...rest } = event;
      if (kind === 'finished' && event.outcome === 'failed') log.error({ event: kind, ...rest });
      else log.info({ event: kind, ...rest });
    },
    close: async () => log.flush(),
  };
}

function lines({ stderr, env }: Context): Progress {
  const progress = lineProgress({ github: env['GITHUB_ACTIONS'] === 'true' });
  const print = (text: readonly string[]): void => {
    for (const line of text) stderr.write(`${line}\n`);
  };
  const timer = setInterval(() => print(progress.heartbeat(systemClock.monotonicMs())), heartbeatEveryMs);
  timer.unref();
  return {
    emit: (event) => print(progress.event(event, systemClock.monotonicMs())),
    close: async () => clearInterval(timer),
  };
}

function live(options: GlobalOptions, { stderr, env }: Context): Progress {
  const display = liveProgress(stderr, paintFor(stderr, options, env));
  const timer = setInterval(() => display.draw(systemClock.monotonicMs()), redrawMs);
  timer.unref();
  return {
    emit: (event) => display.event(event, systemClock.monotonicMs()),
    close: async () => {
      clearInterval(timer);
      display.end();
    },
  };
}
