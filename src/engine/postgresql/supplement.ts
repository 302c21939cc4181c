import type { Fact } from '../../manifest/manifest.ts';
import { addGrants, type AclItem } from './acl-sql.ts';
import { standardAcls } from './inventory-acl.ts';
import { readListeners, silenceListeners, stateClauses, wakeListeners } from './event-listeners.ts';
import { firstUserOid } from './inventory-query.ts';
import { changedInternalTriggers } from './inventory-relations.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { preamble, script, type Script } from './script.ts';
import type { Session } from './session.ts';
import { addTemplateLosses, lostOfTemplate } from './template-leftovers.ts';

/**
 * What must be done after the data and what pg_dump cannot carry: the owners of objects that belong to an extension, whose
 * script makes them anew for whoever restores, and the options of its dictionaries; comments on what initdb made; privileges on
 * information_schema and the language sql; internal triggers that are switched off; what a new database has and this one has
 * lost; and the states of event triggers, which hear nothing of all that. Runs in the caller's transaction; gives plain SQL for
 * a superuser, to be run in the restored database. Runs twice without error.
 */
export async function supplementSql(session: Session, bootstrap: string): Promise<string> {
  const members = await session.query<{ type: string; identity: string; owner: string }>(membersSql);
  const dictionaries = await session.query<{ name: string; options: string }>(dictionariesSql);
  const comments = await session.query<{ object: string; comment: string | null }>(commentsSql);
  const acls = await session.query<Fact>(standardAcls);
  const triggers = await session.query<ChangedTrigger>(changedInternalTriggers);
  const listeners = await readListeners(session);
  const lost = await lostOfTemplate(session);
  const out = script(bootstrap);
  out.remark('What follows the data in one Holdfast backup. Run as a superuser, in the restored database.');
  for (const statement of preamble) out.add(statement);
  silenceListeners(out, listeners);
  // So that no operator or function of the database stands in for one of the server's.
  out.add('SET search_path TO pg_catalog, pg_temp');
  for (const { type, identity, owner } of members) {
    const keyword = keywords[type];
    if (keyword !== undefined) out.add(`ALTER ${keyword} ${identity} OWNER TO ${quoteIdentifier(owner)}`);
  }
  for (const { name, options } of dictionaries) out.block(dictionaryBlock(name, options));
  for (const { object, comment } of comments)
    out.add(`COMMENT ON ${object} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`);
  addStandardGrants(out, acls, bootstrap);
  if (triggers.length > 0) out.block(triggersBlock(triggers));
  addTemplateLosses(out, lost);
  wakeListeners(out, listeners, { hasBlocks: !lost.plpgsql });
  return out.text();
}

/** Dictionaries of extensions, which are there to be altered (manual, "unaccent", "dict_int"): the script makes them anew. */
const dictionariesSql = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(d.dictname) AS name, d.dictinitoption AS options
  FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
  WHERE d.dictinitoption IS NOT NULL AND EXISTS (
    SELECT FROM pg_depend e WHERE e.classid = 'pg_ts_dict'::regclass AND e.objid = d.oid AND e.deptype = 'e')
  ORDER BY n.nspname COLLATE "C", d.dictname COLLATE "C"`;

/** The server looks for the files that options name. Without them the dictionary stays as it is, and a drill tells so. */
const dictionaryBlock = (name: string, options: string): string => `BEGIN
  ALTER TEXT SEARCH DICTIONARY ${name} (${options});
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'the options of dictionary % could not be set: %', ${quoteLiteral(name)}, SQLERRM;
END`;

/**
 * Privileges on objects of information_schema and on the language sql that somebody changed; the bootstrap superuser owns
 * them all.
 */
function addStandardGrants(out: Script, acls: readonly Fact[], bootstrap: string): void {
  // Revoking from a relation revokes from its columns too, so columns come last.
  const rank = ({ name }: Fact): string => `${name.startsWith('column ') ? 1 : 0} ${name}`;
  for (const { name, value } of [...acls].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))) {
    const [, word, object] = /^(view|table|column|function|type|domain|schema|language) (.*)$/s.exec(name) ?? [];
    if (word === undefined || object === undefined) continue;
    const items = value['items'] as readonly AclItem[];
    if (word === 'column') {
      const [relation, column] = splitColumn(object);
      addGrants(out, relation, {
        owner: bootstrap,
        items: items.map((item) => ({ ...item, privilege: `${item.privilege} (${column})` })),
      });
      continue;
    }
    const target = `${word === 'view' ? 'TABLE' : word === 'domain' ? 'TYPE' : word.toUpperCase()} ${object}`;
    out.add(`REVOKE ALL ON ${target} FROM PUBLIC`);
    out.add(`REVOKE ALL ON ${target} FROM ${out.role(bootstrap)}`);
    addGrants(out, target, { owner: bootstrap, items });
  }
}

/** Names in information_schema are plain: no dot stands in one. */
function splitColumn(name: string): readonly [relation: string, column: string] {
  const at = name.lastIndexOf('.');
  return [name.slice(0, at), name.slice(at + 1)];
}

interface ChangedTrigger {
  readonly schema: string;
  readonly table: string;
  readonly owner_schema: string;
  readonly owner_table: string;
  readonly constraint: string;
  readonly function: string;
  readonly enabled: string;
}

/** All in one block: there may be four for every foreign key. One that is not found is told, and a drill compares them all. */
function triggersBlock(triggers: readonly ChangedTrigger[]): string {
  const rows = triggers.map(
    (each) =>
      `(${[each.schema, each.table, each.owner_schema, each.owner_table, each.constraint, each.function].map(quoteLiteral).join(', ')}, ${quoteLiteral(stateClauses[each.enabled] ?? 'ENABLE')})`,
  );
  return `DECLARE each record; BEGIN
  FOR each IN
    WITH RECURSIVE top(oid, top) AS (
      SELECT oid, oid FROM pg_catalog.pg_constraint WHERE conparentid = 0
      UNION ALL SELECT c.oid, t.top FROM pg_catalog.pg_constraint c JOIN top t ON c.conparentid = t.oid),
    found AS (
      SELECT n.nspname, c.relname, kn.nspname AS kschema, kc.relname AS ktable, k.conname, p.proname, t.tgname
      FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN top o ON o.oid = t.tgconstraint JOIN pg_catalog.pg_constraint k ON k.oid = o.top
      JOIN pg_catalog.pg_class kc ON kc.oid = k.conrelid JOIN pg_catalog.pg_namespace kn ON kn.oid = kc.relnamespace
      JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
      WHERE t.tgisinternal)
    SELECT w.*, f.tgname FROM (VALUES
      ${rows.join(',\n      ')}) AS w(nspname, relname, kschema, ktable, conname, proname, clause)
    LEFT JOIN found f ON f.nspname = w.nspname AND f.relname = w.relname AND f.kschema = w.kschema AND f.ktable = w.ktable
      AND f.conname = w.conname AND f.proname = w.proname
  LOOP
    IF each.tgname IS NULL THEN
      RAISE WARNING 'no trigger % of constraint % on %.%', each.proname, each.conname, each.nspname, each.relname;
    ELSE
      EXECUTE pg_catalog.format('ALTER TABLE ONLY %I.%I %s TRIGGER %I', each.nspname, each.relname, each.clause, each.tgname);
    END IF;
  END LOOP;
END`;
}

/** pg_dump leaves out comments on what initdb made, but for the schema public; here are those that were changed. */
const commentsSql = `
  SELECT o.object, o.comment FROM (
    SELECT 'EXTENSION ' || quote_ident(extname) AS object, obj_description(oid, 'pg_extension') AS comment, 'PL/pgSQL procedural language' AS usual
    FROM pg_extension WHERE oid < ${firstUserOid}
    UNION ALL
    SELECT 'LANGUAGE ' || quote_ident(lanname), obj_description(oid, 'pg_language'),
      CASE lanname WHEN 'internal' THEN 'built-in functions' WHEN 'c' THEN 'dynamically-loaded C functions' WHEN 'sql' THEN 'SQL-language functions'
        WHEN 'plpgsql' THEN 'PL/pgSQL procedural language' END
    FROM pg_language WHERE oid < ${firstUserOid}
    UNION ALL
    SELECT 'SCHEMA ' || quote_ident(nspname), obj_description(oid, 'pg_namespace'), CASE nspname WHEN 'pg_catalog' THEN 'system catalog schema' END
    FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema')) o
  WHERE o.comment IS DISTINCT FROM o.usual
  ORDER BY o.object COLLATE "C"`;

/** Types as pg_identify_object names them, to what ALTER calls them. Their identity has the syntax that ALTER takes. */
const keywords: Readonly<Record<string, string>> = {
  table: 'TABLE',
  view: 'VIEW',
  'materialized view': 'MATERIALIZED VIEW',
  sequence: 'SEQUENCE',
  'foreign table': 'FOREIGN TABLE',
  function: 'FUNCTION',
  procedure: 'PROCEDURE',
  aggregate: 'AGGREGATE',
  type: 'TYPE',
  operator: 'OPERATOR',
  'operator class': 'OPERATOR CLASS',
  'operator family': 'OPERATOR FAMILY',
  collation: 'COLLATION',
  conversion: 'CONVERSION',
  language: 'LANGUAGE',
  schema: 'SCHEMA',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
  server: 'SERVER',
  'text search configuration': 'TEXT SEARCH CONFIGURATION',
  'text search dictionary': 'TEXT SEARCH DICTIONARY',
  'event trigger': 'EVENT TRIGGER',
  'statistics object': 'STATISTICS',
};

/** Members whose owner is not the bootstrap superuser. Row and array types follow their table or element type. */
const membersSql = `
  WITH object(classid, objid, owner) AS (
    SELECT 'pg_class'::regclass, oid, relowner FROM pg_class WHERE relkind IN ('r','p','v','m','S','f')
    UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_type WHERE typcategory <> 'A' AND typrelid = 0
    UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner FROM pg_opfamily
    UNION ALL SELECT 'pg_collation'::regclass, oid, collowner FROM pg_collation
    UNION ALL SELECT 'pg_conversion'::regclass, oid, conowner FROM pg_conversion
    UNION ALL SELECT 'pg_language'::regclass, oid, lanowner FROM pg_language
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, fdwowner FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner FROM pg_ts_dict
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, evtowner FROM pg_event_trigger
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext)
  SELECT i.type, i.identity, r.rolname AS owner
  FROM object o
  JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.objid AND d.objsubid = 0 AND d.deptype = 'e'
  JOIN pg_roles r ON r.oid = o.owner
  CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, 0) i
  WHERE o.owner <> 10
  ORDER BY i.type COLLATE "C", i.identity COLLATE "C"`;
