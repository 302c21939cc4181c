import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type Session } from '../../src/engine/postgresql/session.ts';
import { atEvent, entersPhase, sessionsGone } from '../support/at-event.ts';
import { openBench, shopSpec, shopSql, type Bench } from '../support/bench.ts';
import { majors } from '../support/postgresql.ts';

// Nothing of it differs between versions, and each test waits for its limit.
describe.each([majors.at(-1) ?? 0])('a source that hangs, PostgreSQL %i', (major) => {
  let bench: Bench;
  let holder: Session;
  const stopped: number[] = [];
  beforeAll(async () => {
    bench = await openBench({ server: { major }, sql: shopSql });
    await bench.applies();
    await bench.work.spec(shopSpec(bench.server, { policy: { dump: { timeout: '15s' } } }));
  });
  afterEach(() => goOn());
  afterAll(() => bench?.[Symbol.asyncDispose]());

  const goOn = (): void => {
    for (const pid of stopped.splice(0)) process.kill(pid, 'SIGCONT');
  };

  /** Stops what the tool's sessions have of this name, as soon as there are some. */
  async function stopSessions(name: string): Promise<void> {
    const sql = `SELECT pid FROM pg_stat_activity WHERE application_name = '${name}' AND backend_type = 'client backend'`;
    await expect.poll(() => bench.server.sql('shop', sql)).not.toEqual([]);
    for (const { pid } of await bench.server.sql('shop', sql)) {
      process.kill(Number(pid), 'SIGSTOP');
      stopped.push(Number(pid));
    }
  }

  const troubles: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ['its own sessions stand still', 'public.small', () => stopSessions('holdfast')],
    ['pg_dump’s session stands still', 'public.small', () => stopSessions('holdfast pg_dump')],
  ];
  test.for(troubles)('ends a back-up at its limit where %s', async ([, table, act]) => {
    const before = await bench.committed();
    // Until it is let go, nothing can be through before it hangs.
    holder = await openSession(bench.server.access(), 'shop', { applicationName: 'holder' });
    await holder.run(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
      at: entersPhase('dump'),
      act: async (signal) => {
        signal('SIGCONT');
        await act();
        await holder[Symbol.asyncDispose]();
      },
    });
    expect(ran.stdout).toContain('process/timeout');
    expect(ran.stdout).toContain('the capture of main/shop took longer than 15s');
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
      const locker = await openSession(bench.server.access(), 'shop', { applicationName: 'holder' });
      const ran = await atEvent(bench, ['apply', '--auto-approve', '--now'], {
        at: entersPhase('snapshot'),
        act: () => locker.run(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`),
      });
      expect(ran.stdout).toContain('the capture of main/shop took longer than 15s');
      expect(ran.code).toBe(1);
      await bench.nothingLeft();
      await sessionsGone(bench);
      await locker[Symbol.asyncDispose]();
      expect(await bench.sound()).toEqual(before);
    },
  );
});
