import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { mintOpenServer } from '../../src/engine/clean-server.ts';
import type { Engine, RestoreRequest } from '../../src/engine/engine.ts';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import { compareFacts } from '../../src/manifest/compare-facts.ts';
import type { ContentEntry } from '../../src/manifest/manifest.ts';
import { captureInto, digestKey, holdsAll, type KeptCapture } from '../support/capture.ts';
import { described, restoreRequest } from '../support/restore.ts';

/** One engine on one version, with a small database that says in its own words what every engine has to carry. */
export interface EngineUnderTest {
  readonly engine: Engine;
  /** Starts an empty server that asks for passwords. */
  start(): Promise<ServerUnderTest>;
  /**
   * Makes the database `shop`: table `orders` (id, note) with 1,000 rows, a view `recent`, an account that owns or may all,
   * and `reader`, who may read.
   */
  readonly seed: readonly Statement[];
  /** What a drill's logins call the reader, whose password is `right`. */
  readonly reader: string;
  /** Statements that spoil what was restored, by what has to tell: access, structure or rows. */
  readonly spoil: Readonly<Record<'grant' | 'membership' | 'view' | 'row' | 'missing row', Statement>>;
  readonly series: string;
}

/** In a database; on the server as a whole where that is undefined. */
export type Statement = readonly [database: string | undefined, sql: string];

export interface ServerUnderTest extends AsyncDisposable {
  access(name: string): ServerAccess;
  run(statement: Statement): Promise<void>;
}

const signal = new AbortController().signal;
const ask = { databases: new Map(), digestKey: undefined, signal };

/** The tests of what every implementation of `Engine` has to do. */
export function checkEngine(under: EngineUnderTest): void {
  const { engine } = under;
  let source: ServerUnderTest;
  let target: ServerUnderTest;
  let capture: KeptCapture;
  let request: RestoreRequest;
  const onto = (): ReturnType<typeof mintOpenServer> => mintOpenServer(target.access('target'));

  beforeAll(async () => {
    source = await under.start();
    target = await under.start();
    for (const statement of under.seed) await source.run(statement);
    capture = await captureInto(source.access('source'), 'shop', { engine });
    request = restoreRequest(capture, 'shop');
  });
  afterAll(async () => {
    await capture?.[Symbol.asyncDispose]();
    await source?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
  });

  const restore = (change: Partial<RestoreRequest> = {}): ReturnType<Engine['restore']> =>
    engine.restore(
      onto(),
      { ...request, ...change },
      {
        text: (kind) => readFile(join(capture.directory, `${kind}.sql`), 'utf8'),
        dumpDirectory: () => Promise.resolve(join(capture.directory, 'dump')),
      },
      { step: () => undefined },
    );
  const differences = async (database: string): Promise<readonly string[]> =>
    described(
      compareFacts(
        request.contents.inventory,
        await engine.inventory(onto(), database, request.contents),
        engine.comparison,
      ),
    ).filter((line) => line.startsWith('strict'));
  const dataOf = (database: string): ReturnType<Engine['compareData']> =>
    engine.compareData(onto(), database, request.contents, {
      jobs: 2,
      dumpDirectory: join(capture.directory, 'dump'),
      signal,
    });

  describe('observation', () => {
    test('tells the version, its series, who we are and the databases', async () => {
      const seen = await engine.observe(source.access('source'), ask);
      expect(seen).toMatchObject({ state: 'reachable', name: 'source', series: under.series, client: { ok: true } });
      if (seen.state !== 'reachable') return;
      expect(seen.version.startsWith(under.series)).toBe(true);
      expect(seen.databases.map(({ name }) => name)).toContain('shop');
      expect(seen.identity).not.toBe('');
    });

    test('gives the access fingerprint that a backup made now has', async () => {
      const databases = new Map([['shop', { holds: holdsAll }]]);
      const seen = await engine.observe(source.access('source'), { databases, digestKey, signal });
      const shop = seen.state === 'reachable' ? seen.databases.find(({ name }) => name === 'shop') : undefined;
      expect(shop?.access).toMatchObject(capture.captured.access);
      expect(shop?.preflight?.refused).toEqual([]);
    });

    test('takes a server that is not there for a fact', async () => {
      const access = source.access('gone');
      const connection = { ...access.connection, host: '/nonexistent/socket' };
      expect(await engine.observe({ ...access, connection }, ask)).toMatchObject({ state: 'unreachable' });
    });
  });

  describe('capture', () => {
    test('accounts for every file and text it hands over', () => {
      const files = capture.captured.entries.map(({ file }) => file).sort();
      expect(files).toEqual([...capture.stored].sort());
      expect(capture.captured.engine).toBe(engine.name);
      expect(engine.series(capture.captured.source)).toBe(under.series);
      const read = capture.captured.steps.flatMap(({ subjects }) => subjects);
      for (const { kind } of capture.captured.entries) expect(read).toContain(kind);
    });

    test('knows the rows of every table', () => {
      const orders = capture.captured.entries.find(
        ({ kind, subject }) => kind === 'table-data' && /orders/.test(subject),
      );
      expect(orders).toMatchObject({ rows: 1_000 });
    });

    test('shows a password nowhere in its access text', () => {
      expect(capture.captured.accessText).toMatch(/reader/);
      expect(capture.captured.accessText).not.toMatch(/right|SCRAM|\$A\$|\*[0-9A-F]{40}/);
    });

    test('is proven again entry by entry, and a damaged file is told', async () => {
      for (const entry of request.contents.entries.filter(({ kind }) => !isText(kind)))
        expect(await engine.proveEntry(entry, fileOf(capture, entry)), entry.file).toEqual([]);
      const [table] = request.contents.entries.filter(({ kind, rows }) => kind === 'table-data' && rows === 1_000);
      if (table === undefined) throw new Error('there is no table of 1,000 rows');
      const file = await open(join(capture.directory, 'dump', table.file));
      const { size } = await file.stat();
      await file.close();
      const cut = createReadStream(join(capture.directory, 'dump', table.file), { end: size - 30 });
      expect(await engine.proveEntry(table, cut)).not.toEqual([]);
    });
  });

  describe('the guard', () => {
    test('refuses a server with a database, and a source', async () => {
      const proof = { mustBeEmpty: true, sources: [], signal };
      await expect(engine.proveClean(source.access('source'), proof)).rejects.toMatchObject({
        code: 'target/not-empty',
      });
      const itself = { mustBeEmpty: false, sources: [target.access('other name')], signal };
      await expect(engine.proveClean(target.access('target'), itself)).rejects.toMatchObject({
        code: 'target/is-source',
      });
      expect(await engine.findSource(target.access('target'), { sources: [target.access('a')], signal })).toEqual({
        same: expect.stringMatching(/^a\b/) as string,
        silent: [],
      });
      expect(await engine.findSource(target.access('target'), { sources: [source.access('a')], signal })).toEqual({
        same: undefined,
        silent: [],
      });
    });

    test('refuses the server that a backup was taken from, though nobody names it as a source any more', async () => {
      const proof = { mustBeEmpty: false, sources: [], sourceIdentity: capture.captured.source.identity, signal };
      await expect(engine.proveClean(source.access('other name'), proof)).rejects.toMatchObject({
        code: 'target/is-source',
      });
      await using other = await engine.proveClean(target.access('target'), proof);
      expect(other.silent).toEqual([]);
    });

    test('holds an empty server against another drill, until it is let go', async () => {
      const proof = { mustBeEmpty: true, sources: [source.access('source')], signal };
      {
        await using held = await engine.proveClean(target.access('target'), proof);
        expect(held.silent).toEqual([]);
        await expect(engine.proveClean(target.access('target'), proof)).rejects.toMatchObject({
          code: 'target/in-use',
        });
      }
      await using again = await engine.proveClean(target.access('target'), proof);
      expect(again.silent).toEqual([]);
    });
  });

  describe('restore', () => {
    beforeAll(async () => {
      expect(await engine.checkTarget(onto(), request)).toEqual([]);
      await restore();
    });

    test('brings everything back: structure, access and rows', async () => {
      expect(await differences('shop')).toEqual([]);
      const data = await dataOf('shop');
      expect(data.filter(({ equal }) => !equal)).toEqual([]);
      expect(data.length).toBeGreaterThan(0);
    });

    test('lets the reader in with the old password and with no other', async () => {
      const password = new Secret('right');
      expect(await engine.tryLogin(onto(), 'shop', { role: under.reader, password })).toMatchObject({
        passwordsChecked: true,
        accepted: true,
        wrongPasswordRefused: true,
      });
      const other = await engine.tryLogin(onto(), 'shop', { role: under.reader, password: new Secret('left') });
      expect(other.accepted).toBe(false);
    });

    test('answers a question read-only, and only one with one value', async () => {
      expect(await engine.queryValue(onto(), 'shop', 'SELECT count(*) FROM orders')).toBe('1000');
      expect(await engine.queryValue(onto(), 'shop', 'SELECT NULL')).toBeNull();
      for (const sql of [
        'SELECT 1, 2',
        'SELECT id FROM orders',
        'DELETE FROM orders',
        'SELECT id FROM orders WHERE 1 = 0',
      ])
        await expect(engine.queryValue(onto(), 'shop', sql), sql).rejects.toMatchObject({ code: 'proof/check-failed' });
      expect(await engine.queryValue(onto(), 'shop', 'SELECT count(*) FROM orders')).toBe('1000');
    });

    test('refuses a database that is there, and says so before', async () => {
      const found = await engine.checkTarget(onto(), request);
      expect(found.map(({ code }) => code)).toContain('restore/database-exists');
      await expect(restore()).rejects.toMatchObject({ code: 'restore/database-exists' });
    });

    test('refuses where the client program is missing, before anything is replaced', async () => {
      const access = { ...target.access('target'), clients: '/nowhere' };
      const found = await engine.checkTarget(mintOpenServer(access), { ...request, overwriteDatabase: true });
      expect(found).toMatchObject([{ severity: 'error', code: 'client/missing' }]);
    });

    test('comes back under another name beside it, with accounts reused', async () => {
      await restore({ as: 'shop copy' });
      expect(await differences('shop copy')).toEqual([]);
      expect((await dataOf('shop copy')).filter(({ equal }) => !equal)).toEqual([]);
    });
  });

  describe('what was spoilt after the restore is told', () => {
    beforeAll(async () => restore({ overwriteDatabase: true }));

    test.each(['grant', 'membership', 'view'] as const)('a %s', async (kind) => {
      await target.run(under.spoil[kind]);
      expect(await differences('shop')).not.toEqual([]);
      await restore({ overwriteDatabase: true, overwriteRoles: true });
      expect(await differences('shop')).toEqual([]);
    });

    test.each(['row', 'missing row'] as const)('a %s', async (kind) => {
      await target.run(under.spoil[kind]);
      const spoilt = (await dataOf('shop')).filter(({ equal }) => !equal);
      expect(spoilt.map(({ subject }) => subject)).toEqual([expect.stringMatching(/orders/)]);
      expect(JSON.stringify(spoilt)).not.toMatch(/note 5\b/);
      await restore({ overwriteDatabase: true });
    });
  });
}

const isText = (kind: ContentEntry['kind']): boolean => ['roles', 'database', 'supplement', 'views'].includes(kind);

const fileOf = (capture: KeptCapture, { file }: ContentEntry): AsyncIterable<Uint8Array> =>
  createReadStream(join(capture.directory, 'dump', file));
