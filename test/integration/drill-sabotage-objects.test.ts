import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession } from '../../src/engine/postgresql/session.ts';
import type { DesiredTarget } from '../../src/spec/desired.ts';
import { differencesOf, drillInProcess, failedChecks, strictOf } from '../support/drill.ts';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';
import { backUpAll, declaredServer, openWorkspace, type Workspace } from '../support/workspace.ts';

const schema = `
CREATE ROLE warden;
CREATE TYPE pt AS (a int, b int);
CREATE FUNCTION f_lt(pt, pt) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1.a < $2.a';
CREATE FUNCTION f_gt(pt, pt) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1.a > $2.a';
CREATE FUNCTION f_eq(pt, pt) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1.a = $2.a';
CREATE FUNCTION f_cmp(pt, pt) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1.a - $2.a';
CREATE FUNCTION f_cmp2(pt, pt) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $2.a - $1.a';
CREATE OPERATOR <# (LEFTARG = pt, RIGHTARG = pt, FUNCTION = f_lt, COMMUTATOR = >#, RESTRICT = scalarltsel);
CREATE OPERATOR ># (LEFTARG = pt, RIGHTARG = pt, FUNCTION = f_gt, COMMUTATOR = <#);
CREATE OPERATOR =# (LEFTARG = pt, RIGHTARG = pt, FUNCTION = f_eq, COMMUTATOR = =#);
CREATE OPERATOR FAMILY pt_family USING btree;
CREATE OPERATOR CLASS pt_ops FOR TYPE pt USING btree FAMILY pt_family AS OPERATOR 1 <#, OPERATOR 3 =#, OPERATOR 5 >#, FUNCTION 1 f_cmp(pt, pt);
CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE ACCESS METHOD our_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TRANSFORM FOR macaddr LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
CREATE FUNCTION transformed(macaddr) RETURNS macaddr TRANSFORM FOR TYPE macaddr LANGUAGE sql AS 'SELECT $1';
CREATE TEXT SEARCH PARSER our_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE our_template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY our_words (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION our_search (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION our_search ADD MAPPING FOR word WITH our_words;
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int);
CREATE FUNCTION span(float8, float8) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT $1 - $2';
CREATE TYPE floats AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = span, MULTIRANGE_TYPE_NAME = many_floats);
CREATE TYPE words;
CREATE FUNCTION words_in(cstring) RETURNS words IMMUTABLE STRICT LANGUAGE internal AS 'textin';
CREATE FUNCTION words_out(words) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
CREATE TYPE words (INPUT = words_in, OUTPUT = words_out, STORAGE = extended);
CREATE FUNCTION speak() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION say(internal) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE LANGUAGE tongue HANDLER speak INLINE say;
CREATE FUNCTION pt_text(pt) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1.a::text';
CREATE CAST (pt AS text) WITH FUNCTION pt_text(pt);
CREATE TABLE parent (a int PRIMARY KEY, b text NOT NULL UNIQUE);
INSERT INTO parent SELECT g, 'x' || g FROM generate_series(1, 20) g;
CREATE TABLE child (a int REFERENCES parent);
CREATE TABLE unchecked (a int CONSTRAINT loose REFERENCES parent);
ALTER TABLE unchecked DISABLE TRIGGER ALL;
CREATE TABLE parted (a int REFERENCES parent) PARTITION BY RANGE (a);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
ALTER TABLE parted DISABLE TRIGGER ALL;
CREATE MATERIALIZED VIEW fresh AS SELECT a FROM parent;
CREATE MATERIALIZED VIEW stale AS SELECT a FROM parent;
INSERT INTO parent VALUES (100, 'after');
CREATE MATERIALIZED VIEW empty AS SELECT a FROM parent WITH NO DATA;
REFRESH MATERIALIZED VIEW fresh;
CREATE PUBLICATION news FOR TABLE parent (a) WHERE (a > 3);
CREATE FOREIGN DATA WRAPPER far OPTIONS (debug 'true');
CREATE SERVER away FOREIGN DATA WRAPPER far;
CREATE FOREIGN TABLE distant (a int OPTIONS (named 'b')) SERVER away OPTIONS (path '1');
SELECT lo_from_bytea(777, 'abc');
REVOKE SELECT ON information_schema.columns FROM PUBLIC;
GRANT SELECT ON information_schema.columns TO warden;
REVOKE SELECT ON information_schema.sql_implementation_info FROM PUBLIC;
GRANT SELECT (implementation_info_id) ON information_schema.sql_implementation_info TO PUBLIC;
COMMENT ON EXTENSION plpgsql IS 'ours';
COMMENT ON LANGUAGE sql IS NULL;
COMMENT ON SCHEMA pg_catalog IS 'it''s ours';
`;

interface Sabotage {
  readonly sql: string;
  /** Strict differences. */
  readonly strict: readonly string[];
}

const label = (catalog: string, object: string, sub = ', 0'): string =>
  `INSERT INTO ${sub === '' ? 'pg_shseclabel (objoid, classoid, provider, label)' : 'pg_seclabel (objoid, classoid, objsubid, provider, label)'} VALUES (${object}, '${catalog}'::regclass${sub}, 'seal', 'secret')`;

const sabotages: readonly Sabotage[] = [
  {
    sql: `DROP OPERATOR FAMILY pt_family USING btree CASCADE; CREATE OPERATOR FAMILY pt_family USING btree;
      CREATE OPERATOR CLASS pt_ops DEFAULT FOR TYPE pt USING btree FAMILY pt_family AS OPERATOR 1 <#, FUNCTION 1 f_cmp2(pt, pt)`,
    strict: [
      'operator-class public.pt_ops using btree default',
      'operator-family public.pt_family using btree functions',
      'operator-family public.pt_family using btree operators',
    ],
  },
  {
    sql: `DROP OPERATOR ># (pt, pt); CREATE OPERATOR ># (LEFTARG = pt, RIGHTARG = pt, FUNCTION = f_gt);
      ALTER OPERATOR <# (pt, pt) SET (RESTRICT = scalargtsel); UPDATE pg_operator SET oprcom = 0 WHERE oprname = '=#'`,
    strict: [
      'operator public.<#(public.pt,public.pt) restriction',
      'operator public.<#(public.pt,public.pt) commutator',
      'operator public.>#(public.pt,public.pt) commutator',
      'operator public.=#(public.pt,public.pt) commutator',
    ],
  },
  {
    sql: "DROP CONVERSION latin; CREATE DEFAULT CONVERSION latin FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8",
    strict: ['conversion public.latin default', 'conversion public.latin from', 'conversion public.latin function'],
  },
  {
    sql: 'DROP ACCESS METHOD our_heap; CREATE ACCESS METHOD our_heap TYPE INDEX HANDLER bthandler',
    strict: ['access-method our_heap handler', 'access-method our_heap type'],
  },
  {
    sql: `DROP FUNCTION transformed; DROP TRANSFORM FOR macaddr LANGUAGE sql;
      CREATE TRANSFORM FOR macaddr LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION macaddr_recv(internal));
      CREATE FUNCTION transformed(macaddr) RETURNS macaddr LANGUAGE sql AS 'SELECT $1'`,
    strict: ['function public.transformed(macaddr) transforms', 'transform macaddr in sql toSql'],
  },
  {
    sql: `DROP TEXT SEARCH PARSER our_parser;
      CREATE TEXT SEARCH PARSER our_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
      DROP TEXT SEARCH TEMPLATE our_template; CREATE TEXT SEARCH TEMPLATE our_template (LEXIZE = dsynonym_lexize, INIT = dsynonym_init);
      ALTER TEXT SEARCH DICTIONARY our_words (ACCEPT = false); ALTER TEXT SEARCH CONFIGURATION our_search ALTER MAPPING FOR word WITH simple`,
    strict: [
      'text-search-parser public.our_parser headline',
      'text-search-template public.our_template init',
      'text-search-template public.our_template lexize',
      'text-search-dictionary public.our_words options',
      'text-search-configuration public.our_search mapping',
    ],
  },
  {
    sql: "DROP AGGREGATE total(int); CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', SSPACE = 8)",
    strict: ['Inverse', 'State', 'Transition']
      .map((part) => `aggregate public.total(integer) moving${part}`)
      .concat('aggregate public.total(integer) stateBytes'),
  },
  {
    sql: 'DROP TYPE floats; CREATE TYPE floats AS RANGE (SUBTYPE = float8, MULTIRANGE_TYPE_NAME = lots_of_floats)',
    strict: [
      'object type public.lots_of_floats',
      'object type public.many_floats',
      ...['lots_of_floats', 'many_floats'].flatMap((name) => [
        `cast public.floats as public.${name}`,
        `object cast (public.floats AS public.${name})`,
      ]),
      'range public.floats difference',
      'range public.floats multirange',
      ...['lots_of_floats', 'many_floats'].flatMap((name) =>
        ['', 'VARIADIC public.floats[]', 'public.floats'].map((args) => `function public.${name}(${args})`),
      ),
      ...['lots_of_floats', 'many_floats'].flatMap((name) =>
        ['', 'public.floats[]', 'public.floats'].map((args) => `object function public.${name}(${args})`),
      ),
    ],
  },
  { sql: 'ALTER TYPE words SET (STORAGE = external)', strict: ['base-type public.words storage'] },
  {
    sql: 'CREATE OR REPLACE TRUSTED LANGUAGE tongue HANDLER speak VALIDATOR plpgsql_validator',
    strict: ['language tongue inline', 'language tongue trusted', 'language tongue validator'],
  },
  {
    sql: 'DROP CAST (pt AS text); CREATE CAST (pt AS text) WITH FUNCTION pt_text(pt) AS IMPLICIT',
    strict: ['cast public.pt as text context'],
  },
  {
    sql: 'ALTER TABLE child DISABLE TRIGGER ALL; ALTER TABLE unchecked ENABLE TRIGGER ALL',
    strict: [
      ...['check_ins', 'check_upd'].map(
        (each) => `internal-trigger public.child public.child child_a_fkey RI_FKey_${each}`,
      ),
      ...['check_ins', 'check_upd'].map(
        (each) => `internal-trigger public.unchecked public.unchecked loose RI_FKey_${each}`,
      ),
    ],
  },
  {
    sql: `REVOKE SELECT ON information_schema.tables FROM PUBLIC; GRANT USAGE ON SCHEMA information_schema TO warden;
      GRANT SELECT ON information_schema.columns TO PUBLIC; GRANT EXECUTE ON FUNCTION information_schema._pg_truetypid TO warden`,
    strict: [
      'acl view information_schema.tables',
      'acl schema information_schema',
      'acl view information_schema.columns items',
      'acl function information_schema._pg_truetypid(pg_attribute, pg_type)',
    ],
  },
  {
    sql: "COMMENT ON EXTENSION plpgsql IS 'z'; COMMENT ON LANGUAGE c IS 'z'; COMMENT ON SCHEMA information_schema IS 'z'",
    strict: [
      'object extension plpgsql comment',
      'object language c comment',
      'object schema information_schema comment',
    ],
  },
  { sql: 'ALTER LANGUAGE plpgsql OWNER TO warden', strict: ['object language plpgsql owner'] },
  {
    sql: `ALTER TABLE parent ALTER b SET STATISTICS 5, ALTER b SET STORAGE EXTERNAL, ALTER b SET COMPRESSION pglz, ALTER b SET (n_distinct = 5),
      REPLICA IDENTITY USING INDEX parent_b_key, CLUSTER ON parent_pkey`,
    strict: [
      ...['compression', 'options', 'statistics', 'storage'].map((field) => `column public.parent.b ${field}`),
      'relation public.parent replicaIdentity',
      'index public.parent_b_key replicaIdentity',
      'index public.parent_pkey clustered',
    ],
  },
  {
    sql: 'ALTER TABLE parted DETACH PARTITION parted_1; ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES FROM (0) TO (11)',
    strict: ['relation public.parted_1 bound'],
  },
  {
    sql: 'ALTER PUBLICATION news SET TABLE parent (a, b) WHERE (a > 4)',
    strict: ['publication news tables'],
  },
  {
    sql: `ALTER FOREIGN DATA WRAPPER far OPTIONS (SET debug 'false'); ALTER SERVER away OPTIONS (ADD host 'h');
      ALTER FOREIGN TABLE distant OPTIONS (SET path '2'); ALTER FOREIGN TABLE distant ALTER a OPTIONS (SET named 'c')`,
    strict: [
      'foreign-data-wrapper far options',
      'foreign-server away options',
      'relation public.distant foreignServer',
      'column public.distant.a foreignOptions',
    ],
  },
  {
    sql: [
      'SET allow_system_table_mods = on',
      label('pg_class', "'parent'::regclass"),
      label('pg_class', "'parent'::regclass", ', 1'),
      label('pg_largeobject', '777'),
      label('pg_namespace', "'pg_catalog'::regnamespace"),
      label('pg_authid', "'warden'::regrole", ''),
      label('pg_database', '(SELECT oid FROM pg_database WHERE datname = current_database())', ''),
    ].join(';'),
    strict: [
      'object table public.parent securityLabels',
      'column public.parent.a securityLabels',
      'large-object 777 securityLabels',
      'object schema pg_catalog securityLabels',
      'role warden securityLabels',
      'database this database securityLabels',
    ],
  },
];

describe.for(majors.filter((major) => major !== 17))('on PostgreSQL %i', (major) => {
  let source: TestServer;
  let target: TestServer;
  let workspace: Workspace;
  let disposable: DesiredTarget;
  beforeAll(async () => {
    source = await startPostgresql({ major });
    target = await startPostgresql({ major });
    await source.sql('postgres', 'CREATE DATABASE shop');
    await source.psql('shop', schema);
    disposable = {
      kind: 'server',
      name: 'spare',
      engine: 'postgresql',
      connection: { host: target.socket, port: target.port, user: target.user, tls: { mode: 'disable' } },
      maintenanceDatabase: 'postgres',
      disposable: true,
      place: { file: 'backup.yaml', line: 1, column: 1, endColumn: 1 },
    };
    workspace = await openWorkspace({
      servers: { main: declaredServer(source) },
      databases: { shop: { server: 'main' } },
    });
    await backUpAll(workspace);
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
  });

  test('a whole restore is equal but for the rows of a stale materialised view, which are computed anew', async () => {
    const report = await drillInProcess(workspace, source, 'shop', { target: disposable });
    expect(report.restoration.error).toBeFalsy();
    expect(failedChecks(report)).toEqual([]);
    expect(differencesOf(report)).toEqual(['recomputed materialized-view public.stale rows']);
    expect(report).toMatchObject({ verdict: 'passed', teardown: { state: 'done' } });
    expect(report.differences[0]).toMatchObject({ expected: '20', actual: '21' });
  });

  test('every object that came back otherwise is red and named', async () => {
    const report = await drillInProcess(workspace, source, 'shop', {
      target: disposable,
      restore: (restore) => async (server, request, artefacts, events) => {
        const restored = await restore(server, request, artefacts, events);
        await using session = await openSession(server, restored.database);
        for (const { sql } of sabotages)
          await session.run(`SET allow_system_table_mods = on; SET search_path = public; ${sql}`);
        return restored;
      },
    });
    expect(report.restoration.error).toBeFalsy();
    expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'succeeded' } });
    expect(strictOf(report)).toEqual(sabotages.flatMap(({ strict }) => strict).sort());
  });
});

test('a security label of a role fails clearly on a server without its provider', async () => {
  await using source = await startPostgresql();
  await source.sql('postgres', 'CREATE DATABASE shop');
  await source.psql('shop', `CREATE ROLE warden; CREATE TABLE t (); ALTER TABLE t OWNER TO warden`);
  await source.psql('shop', `SET allow_system_table_mods = on; ${label('pg_authid', "'warden'::regrole", '')}`);
  await using workspace = await openWorkspace({
    servers: { main: declaredServer(source) },
    databases: { shop: { server: 'main' } },
  });
  await backUpAll(workspace);
  const report = await drillInProcess(workspace, source, 'shop');
  expect(report).toMatchObject({ verdict: 'failed', restoration: { state: 'failed' } });
  expect(report.restoration.error?.message).toMatch(/security label provider "?seal"? is not loaded/);
});
