import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { comparisonRules } from '../../../src/engine/mysql/comparison-rules.ts';
import { flavours as vendors } from '../../../src/engine/mysql/flavour.ts';
import { readInventory } from '../../../src/engine/mysql/inventory.ts';
import { openSession, type Session } from '../../../src/engine/mysql/session.ts';
import { compareFacts } from '../../../src/manifest/compare-facts.ts';
import type { Fact } from '../../../src/manifest/manifest.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { sabotages, structureSql } from '../../support/mysql-structure.ts';
import { described } from '../../support/restore.ts';

const create = (name: string): string => `CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`;

describe.each(flavours)('inventory of $engine $version', ({ engine, version }) => {
  const flavour = vendors[engine];
  let server: TestMysql;
  let session: Session;
  let original: readonly Fact[];
  beforeAll(async () => {
    server = await startMysql({
      engine,
      version,
      settings: { 'event-scheduler': 'OFF', 'log-bin-trust-function-creators': 'ON' },
    });
    session = await openSession(server.access(), flavour);
    await server.sql(undefined, create('original'));
    await server.sql('original', structureSql(engine));
    original = await readInventory(session, flavour, { database: 'original' });
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const differences = async (database: string): Promise<readonly string[]> =>
    described(compareFacts(original, await readInventory(session, flavour, { database }), comparisonRules));

  describe('under another name', () => {
    beforeEach(async () => {
      await server.sql(undefined, 'DROP DATABASE IF EXISTS restored');
      await server.sql(undefined, create('restored'));
      await server.sql('restored', structureSql(engine));
    });

    test('the same statements give the same facts', async () => {
      expect(await differences('restored')).toEqual([]);
    });

    test.each(sabotages(engine))('$what: a change is told, and nothing else', async ({ sql, tells }) => {
      await server.sql(
        'restored',
        `SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES', SESSION time_zone = '+00:00'; ${sql}`,
      );
      const strict = (await differences('restored')).filter((line) => line.startsWith('strict '));
      expect(strict).toEqual(tells.map((line) => `strict ${line}`));
    });

    test('another collation of the database is told', async () => {
      await server.sql(undefined, 'ALTER DATABASE restored COLLATE utf8mb4_bin');
      expect(await differences('restored')).toContain('strict database this database collation');
    });
  });

  test('finds one of each kind', () => {
    const kinds = new Set(original.map(({ kind }) => kind));
    const ofAll = 'database table column index foreign-key check partition trigger routine event view auto-increment';
    const own = engine === 'mysql' ? [] : ['sequence', 'sequence-state'];
    for (const kind of [...ofAll.split(' '), ...own]) expect(kinds).toContain(kind);
    expect(new Set(original.map(({ kind, name }) => `${kind} ${name}`)).size).toBe(original.length);
  });

  test('asks as much of a database with many tables as of one with few', async () => {
    const asked = async (database: string, tables: number): Promise<number> => {
      await server.sql(undefined, create(database));
      const statements = Array.from(
        { length: tables },
        (_, index) => `CREATE TABLE t${index} (id int PRIMARY KEY, a varchar(10) DEFAULT 'a', KEY (a))`,
      );
      await server.sql(database, statements.join(';\n'));
      let queries = 0;
      const counting: Session = {
        ...session,
        query: (sql, values) => {
          queries += 1;
          return session.query(sql, values);
        },
      };
      const facts = await readInventory(counting, flavour, { database });
      expect(facts.filter(({ kind }) => kind === 'table')).toHaveLength(tables);
      return queries;
    };
    expect(await asked('many', 100)).toBe(await asked('few', 2));
  });

  test('takes no database for another one whose name only looks alike', async () => {
    await server.sql(undefined, `${create('`münchen`')}; ${create('`munchen`')}`);
    await server.sql('munchen', 'CREATE TABLE t (a int)');
    const facts = await readInventory(session, flavour, { database: 'münchen' });
    expect(facts.map(({ kind }) => kind)).toEqual(['database']);
  });
});
