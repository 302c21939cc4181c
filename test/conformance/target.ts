import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/base/connection.ts';
import type { LeaseRequest, Target, TargetLease } from '../../src/target/target.ts';

/** One kind of target on one major version, and how to look behind it. */
export interface TargetUnderTest {
  readonly target: Target;
  readonly major: number;
  readonly bootstrapRole: string;
  readonly provenance: 'created' | 'declared';
  /** What a process of its own needs to make the same target (test/fixtures/target/hold-lease.ts). */
  readonly recipe?: { readonly kind: 'local' | 'container'; readonly place: string };
  /** Names of the directories or containers that exist for leases of this process and of that child. */
  leftovers(child?: number): Promise<readonly string[]>;
}

export function leaseRequest(major: number, change: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    series: String(major),
    bootstrapRole: 'postgres',
    bytesNeeded: 100_000_000,
    settings: {},
    signal: new AbortController().signal,
    ...change,
  };
}

/** The tests of what every implementation of `Target` has to do. */
export function checkTarget(open: () => Promise<TargetUnderTest & AsyncDisposable>): void {
  describe('a lease', () => {
    let under: TargetUnderTest & AsyncDisposable;
    let lease: TargetLease;
    let client: pg.Client & AsyncDisposable;

    beforeAll(async () => {
      under = await open();
      lease = await under.target.lease(requestOf(under));
      client = await connect(lease.connection, lease.maintenanceDatabase);
    });
    afterAll(async () => {
      await client[Symbol.asyncDispose]();
      await lease[Symbol.asyncDispose]();
      await under[Symbol.asyncDispose]();
    });

    test('is a server of the asked major version, led by the asked bootstrap role', async () => {
      const { rows } = await client.query<{ role: string; major: number }>(
        `SELECT pg_get_userbyid(10) AS role, current_setting('server_version_num')::int / 10000 AS major`,
      );
      expect(rows).toEqual([{ role: under.bootstrapRole, major: under.major }]);
      expect(lease.provenance).toBe(under.provenance);
      expect(lease.description).not.toBe('');
    });

    test.each(['scram-sha-256', 'md5'])('checks passwords with %s verifiers', async (encryption) => {
      await client.query(`SET password_encryption = '${encryption}'; CREATE ROLE login_check LOGIN PASSWORD 'right'`);
      const config = { ...driverConfig(lease.connection), user: 'login_check', database: lease.maintenanceDatabase };
      await expect(connectAs({ ...config, password: 'right' })).resolves.toBe('accepted');
      // invalid_password (manual, appendix "PostgreSQL Error Codes")
      await expect(connectAs({ ...config, password: 'wrong' })).resolves.toBe('28P01');
      await client.query('DROP ROLE login_check');
    });

    test('has a directory where the server may make a tablespace, or says that it has none', async () => {
      expect(lease.tablespaceRoot === undefined).toBe(under.provenance === 'declared');
      if (lease.tablespaceRoot === undefined) return;
      await client.query(`CREATE TABLESPACE there LOCATION '${lease.tablespaceRoot}'`);
      await client.query('CREATE TABLE filled TABLESPACE there AS SELECT 1 AS one');
      expect((await client.query('SELECT one FROM filled')).rows).toEqual([{ one: 1 }]);
    });
  });

  test('is gone after disposal where it was made, and stays where it was declared', async () => {
    await using under = await open();
    const lease = await under.target.lease(requestOf(under));
    const config = { ...driverConfig(lease.connection), database: lease.maintenanceDatabase };
    await expect(connectAs(config)).resolves.toBe('accepted');
    await lease[Symbol.asyncDispose]();
    const stands = (await connectAs(config)) === 'accepted';
    expect(stands).toBe(under.provenance === 'declared');
    expect(await under.leftovers()).toEqual([]);
  });

  test('refuses where the space does not suffice, leaving nothing', async () => {
    await using under = await open();
    if (under.provenance === 'declared') return;
    await expect(under.target.lease({ ...requestOf(under), bytesNeeded: 1e18 })).rejects.toMatchObject({
      code: 'target/no-space',
    });
    expect(await under.leftovers()).toEqual([]);
  });

  test('stops where it is aborted, leaving nothing', async () => {
    await using under = await open();
    const aborting = new AbortController();
    aborting.abort(new Error('no longer wanted'));
    await expect(under.target.lease({ ...requestOf(under), signal: aborting.signal })).rejects.toThrow(
      'no longer wanted',
    );
    expect(await under.leftovers()).toEqual([]);
  });

  test('leaves nothing after a kill -9 of its owner and a sweep', async () => {
    await using under = await open();
    if (under.recipe === undefined) return;
    const owner = spawn(process.execPath, [holdLease, under.recipe.kind, under.recipe.place, String(under.major)], {
      // Its input ends with this process, and so does it.
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const held = await firstLine(owner);
    const client = new pg.Client(JSON.parse(held) as pg.ClientConfig);
    const disconnected = new Promise<void>((resolve) => client.once('end', resolve));
    client.on('error', () => undefined);
    await client.connect();
    expect(await under.leftovers(owner.pid)).not.toEqual([]);
    // A living owner's lease is not swept.
    await under.target.sweep();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await under.target.sweep();
    await disconnected;
    expect(await under.leftovers()).toEqual([]);
  });
}

const holdLease = fileURLToPath(new URL('../fixtures/target/hold-lease.ts', import.meta.url));

function requestOf(under: TargetUnderTest): LeaseRequest {
  return leaseRequest(under.major, { bootstrapRole: under.bootstrapRole });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the process that should hold a lease ended without one');
}

export function driverConfig(connection: Connection): pg.ClientConfig {
  const { host, port, user, password } = connection;
  return { host, port, user, ...(password === undefined ? {} : { password: password.reveal() }) };
}

export async function connect(connection: Connection, database: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ ...driverConfig(connection), database });
  client.on('error', () => undefined);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** `accepted`, or the code with which it was refused. */
export async function connectAs(config: pg.ClientConfig): Promise<string> {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return 'accepted';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
