import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openSession } from '../../src/engine/postgresql/session.ts';
import { atEvent, entersPhase, sessionsGone } from '../support/at-event.ts';
import { openBench, shopSpec, shopSql, type Bench } from '../support/bench.ts';
import { limitAtSignal } from '../support/limit-at-signal.ts';
import { majors } from '../support/postgresql.ts';
import { lockSmall } from '../support/stand-still.ts';

const hours = 3_600_000;

describe.each([majors[0] ?? 0, majors.at(-1) ?? 0])('a source that hangs, PostgreSQL %i', (major) => {
  let bench: Bench;
  const stopped: number[] = [];
  beforeAll(async () => {
    bench = await openBench({ server: { major }, sql: shopSql });
    await bench.applies();
    await bench.work.spec(shopSpec(bench.server, { policy: { dump: { timeout: '5h' } } }));
  });
  afterEach(() => goOn());
  afterAll(() => bench?.[Symbol.asyncDispose]());

  const goOn = (): void => {
    for (const pid of stopped.splice(0)) process.kill(pid, 'SIGCONT');
  };
  const options = { env: limitAtSignal(5 * hours) };

  /** Stops what the tool's sessions have of this name, as soon as there are some. */
  async function stopSessions(name: string): Promise<void> {
    const sql = `SELECT pid FROM pg_stat_activity WHERE application_name = '${name}' AND backend_type = 'client backend'`;
    await expect.poll(() => bench.server.sql('shop', sql)).not.toEqual([]);
    for (const { pid } of await bench.server.sql('shop', sql)) {
      process.kill(Number(pid), 'SIGSTOP');
      stopped.push(Number(pid));
    }
  }

  test.for([
    ['its own sessions stand still', 'holdfast'],
    ['pg_dump’s session stands still', 'holdfast pg_dump'],
  ] as const)('ends a back-up at its limit where %s', async ([, name]) => {
    const before = await bench.committed();
    // Until it is let go, nothing can be through before it hangs.
    await using holder = await lockSmall(bench);
    const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
      at: entersPhase('dump'),
      options,
      act: async (signal) => {
        signal('SIGCONT');
        await stopSessions(name);
        await holder[Symbol.asyncDispose]();
        signal('SIGUSR2');
      },
    });
    expect(ran.stdout).toContain('process/timeout');
    expect(ran.stdout).toContain('the capture of main/shop took longer than 5h');
    expect(ran.code).toBe(1);
    await bench.nothingLeft();
    goOn();
    await sessionsGone(bench);
    expect(await bench.sound()).toEqual(before);
  });

  test.for(['public.small', 'pg_catalog.pg_policy'])(
    'ends a back-up at its limit where somebody locks %s for longer',
    async (table) => {
      const before = await bench.committed();
      {
        await using locker = await openSession(bench.server.access(), 'shop', { applicationName: 'holder' });
        const waiting = `SELECT pid FROM pg_locks WHERE NOT granted AND relation = '${table}'::regclass`;
        const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
          at: entersPhase('snapshot'),
          options,
          act: async (signal) => {
            await locker.run(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
            signal('SIGCONT');
            await expect.poll(() => locker.query(waiting)).not.toEqual([]);
            signal('SIGUSR2');
          },
        });
        expect(ran.stdout).toContain('the capture of main/shop took longer than 5h');
        expect(ran.code).toBe(1);
        await bench.nothingLeft();
        await sessionsGone(bench);
      }
      expect(await bench.sound()).toEqual(before);
    },
  );
});
