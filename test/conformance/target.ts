import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/base/connection.ts';
import { Secret } from '../../src/base/secret.ts';
import type { LeaseRequest, Target, TargetLease } from '../../src/target/target.ts';
import { connectAs, type ServerClient, type ServerKind } from '../support/server-kinds.ts';

/** One kind of target for one release series of one kind of server, and how to look behind it. */
export interface TargetUnderTest {
  readonly target: Target;
  readonly kind: ServerKind;
  readonly series: string;
  readonly provenance: 'created' | 'declared';
  /** What a process of its own needs to make the same target (test/fixtures/target/hold-lease.ts). */
  readonly recipe?: { readonly kind: 'local' | 'container'; readonly place: string };
  /** Names of the directories or containers that exist for leases of this process and of that child. */
  leftovers(child?: number): Promise<readonly string[]>;
}

export function leaseRequest(series: string, change: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    series,
    bootstrapRole: 'postgres',
    bytesNeeded: 100_000_000,
    settings: {},
    signal: new AbortController().signal,
    ...change,
  };
}

/** The tests of what every implementation of `Target` has to do. */
export function checkTarget(series: string, open: () => Promise<TargetUnderTest & AsyncDisposable>): void {
  describe('a lease', () => {
    let under: TargetUnderTest & AsyncDisposable;
    let lease: TargetLease;
    let client: ServerClient;

    beforeAll(async () => {
      under = await open();
      lease = await under.target.lease(requestOf(under));
      client = await under.kind.connect(lease.connection);
    });
    afterAll(async () => {
      await client[Symbol.asyncDispose]();
      await lease[Symbol.asyncDispose]();
      await under[Symbol.asyncDispose]();
    });

    test('is a server of the asked release series, led by the asked bootstrap role', async () => {
      expect(await client.describe()).toEqual({ series, bootstrapRole: under.kind.bootstrapRole });
      expect(lease.provenance).toBe(under.provenance);
      expect(lease.description).not.toBe('');
    });

    test('checks passwords with every kind of verifier', async () => {
      const verifiers = under.kind.verifiers(series);
      for (const [index, verifier] of verifiers.entries()) {
        const user = `login_check_${index}`;
        await client.makeLogin(user, 'right', verifier);
        const as = (password: string): Promise<string> =>
          connectAs(under.kind, { ...lease.connection, user, password: new Secret(password) });
        expect([verifier, await as('right')]).toEqual([verifier, 'accepted']);
        expect([verifier, await as('wrong')]).toEqual([verifier, under.kind.wrongPassword]);
      }
    });

    test('has a directory where the server may make a tablespace, or says that it has none', async () => {
      const has = under.kind.hasTablespaces && under.provenance === 'created';
      expect(lease.tablespaceRoot !== undefined).toBe(has);
      if (!has) return;
      await client.run(`CREATE TABLESPACE there LOCATION '${lease.tablespaceRoot}'`);
      await client.run('CREATE TABLE filled TABLESPACE there AS SELECT 1 AS one');
      expect(await client.value('SELECT one FROM filled')).toBe('1');
    });
  });

  test('is gone after disposal where it was made, and stays where it was declared', async () => {
    await using under = await open();
    const lease = await under.target.lease(requestOf(under));
    await expect(connectAs(under.kind, lease.connection)).resolves.toBe('accepted');
    await lease[Symbol.asyncDispose]();
    const stands = (await connectAs(under.kind, lease.connection)) === 'accepted';
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
    const { kind, place } = under.recipe;
    const owner = spawn(process.execPath, [holdLease, under.kind.engine, kind, place, under.series], {
      // Its input ends with this process, and so does it.
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const client = await under.kind.connect(heldBy(await firstLine(owner)));
    expect(await under.leftovers(owner.pid)).not.toEqual([]);
    // A living owner's lease is not swept.
    await under.target.sweep();
    expect(await client.value('SELECT 1 AS one')).toBe('1');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await under.target.sweep();
    await client.ended;
    expect(await under.leftovers()).toEqual([]);
  });
}

const holdLease = fileURLToPath(new URL('../fixtures/target/hold-lease.ts', import.meta.url));

function requestOf(under: TargetUnderTest): LeaseRequest {
  return leaseRequest(under.series, { bootstrapRole: under.kind.bootstrapRole });
}

function heldBy(line: string): Connection {
  const { host, port, user, password } = JSON.parse(line) as Record<'host' | 'user' | 'password', string> & {
    readonly port: number;
  };
  return { host, port, user, password: new Secret(password), tls: { mode: 'disable' } };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the process that should hold a lease ended without one');
}
