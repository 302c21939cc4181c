import type { Degradation, Fact } from '../../manifest/manifest.ts';
import { borrowed } from './borrowed.ts';
import { openCatalog, type Catalog } from './catalog.ts';
import type { Flavour } from './flavour.ts';
import { misreadBodies } from './misread-bodies.ts';
import { quoteName } from './quote.ts';
import type { Session } from './session.ts';
import { elsewhere } from './table-directories.ts';
import { unquotedKeys } from './unquoted-keys.ts';

/**
 * What the vendor's dump program cannot bring back, or not as it was: views that cannot be used, labels and defaults with
 * characters that it writes as `?`, columns whose reference system it leaves out, reference systems and tablespaces that a
 * restore does not make, directories of tables, bodies that the client program misreads, and what needs other databases.
 * `facts` are the database's inventory.
 */
export async function readNotRestorable(
  session: Session,
  flavour: Flavour,
  { database, facts }: { readonly database: string; readonly facts: readonly Fact[] },
): Promise<readonly Degradation[]> {
  const catalog = await openCatalog(session, database);
  return [
    ...facts.flatMap(brokenView),
    ...facts.flatMap((fact) => lostCharacters(catalog, fact)),
    ...(catalog.has('GEOMETRY_COLUMNS.SRID') ? facts.flatMap(lostReferenceSystem) : []),
    ...(await ownReferenceSystems(catalog, facts)),
    ...(await namedTablespaces(catalog)),
    ...(await elsewhere(catalog)),
    ...(await unreadableBodies(catalog)),
    ...(await misreadBodies(catalog, flavour, facts)),
    ...(await unquotedKeys(catalog, facts)),
    ...borrowed(flavour, facts),
  ];
}

const notRestorable = (subject: string, detail: string): Degradation => ({
  code: 'object-not-restorable',
  subject,
  detail,
});

/** A missing definer is told by another degradation, and such a view comes back. */
function brokenView({ kind, name, value }: Fact): readonly Degradation[] {
  if (kind !== 'view' || value['broken'] !== true) return [];
  return [
    notRestorable(
      `view ${name}`,
      'something that the view reads is missing, or may not be read by its definer: no dump has it',
    ),
  ];
}

/**
 * SHOW CREATE TABLE, of which dumps are made, writes `?` for characters outside Unicode's first plane in labels of ENUM and
 * SET, and MariaDB's in defaults (measured on MySQL 9.7 and MariaDB 11.8).
 */
function lostCharacters(catalog: Catalog, { kind, name, value }: Fact): readonly Degradation[] {
  if (kind !== 'column') return [];
  const { type, default: text } = value;
  const labels = typeof type === 'string' && /^(enum|set)\(/i.test(type) && type.includes('?');
  const literal = catalog.has('COLUMNS.IS_GENERATED') && typeof text === 'string' && /^'.*\?.*'$/s.test(text);
  if (!labels && !literal) return [];
  return [
    notRestorable(
      `column ${name}`,
      `its ${labels ? 'labels have' : 'default has'} a ?, as which dumps also write characters like emoji: if there is one, it comes back as ?`,
    ),
  ];
}

/** SHOW CREATE TABLE of MariaDB does not have REF_SYSTEM_ID. */
function lostReferenceSystem({ kind, name, value }: Fact): readonly Degradation[] {
  if (kind !== 'column' || value['srid'] === undefined) return [];
  return [
    notRestorable(
      `column ${name}`,
      'no statement of MariaDB shows its reference system (REF_SYSTEM_ID), so it comes back without',
    ),
  ];
}

/** Reference systems that somebody made belong to the server (MySQL manual, "CREATE SPATIAL REFERENCE SYSTEM"). */
async function ownReferenceSystems({ session, has }: Catalog, facts: readonly Fact[]): Promise<readonly Degradation[]> {
  if (!has('ST_SPATIAL_REFERENCE_SYSTEMS.SRS_ID')) return [];
  const rows = await session.query<{ id: string }>(
    "SELECT SRS_ID AS id FROM information_schema.ST_SPATIAL_REFERENCE_SYSTEMS WHERE SRS_ID <> 0 AND COALESCE(ORGANIZATION, '') <> 'EPSG'",
  );
  const own = new Set(rows.map(({ id }) => id));
  return facts
    .filter(({ kind, value }) => kind === 'column' && own.has(String(value['srid'])))
    .map(({ name, value }) =>
      notRestorable(
        `column ${name}`,
        `its reference system ${String(value['srid'])} is the server's own, which a restore does not make: without it on the target the restore fails`,
      ),
    );
}

/**
 * General tablespaces of MySQL belong to the server, and a dump only names them. A table with a file of its own has a
 * tablespace of its own name; of the few others the statements tell.
 */
async function namedTablespaces({ session, database, has, inDatabase }: Catalog): Promise<readonly Degradation[]> {
  if (!has('TABLESPACES_EXTENSIONS.TABLESPACE_NAME')) return [];
  const tables = await session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE ${inDatabase('TABLE_SCHEMA')} AND ENGINE = 'InnoDB' AND CREATE_OPTIONS NOT LIKE '%partitioned%' ORDER BY TABLE_NAME`,
  );
  const own = new Set(
    (
      await session.query<{ name: string }>(
        'SELECT TABLESPACE_NAME AS name FROM information_schema.TABLESPACES_EXTENSIONS',
      )
    ).map(({ name }) => name),
  );
  const found: Degradation[] = [];
  for (const { name } of tables) {
    if (own.has(`${database}/${name}`)) continue;
    const [row] = await session.query(`SHOW CREATE TABLE ${quoteName(database)}.${quoteName(name)}`);
    const tablespace = /^\).*? TABLESPACE (`(?:[^`]|``)*`)/m.exec(row?.['Create Table'] ?? '')?.[1];
    if (tablespace !== undefined && !builtIn.has(tablespace))
      found.push(
        notRestorable(
          `table ${quoteName(name)}`,
          `it lies in the tablespace ${tablespace}, which a restore does not make: without it on the target the restore fails`,
        ),
      );
  }
  return found;
}

const builtIn: ReadonlySet<string> = new Set(['`innodb_system`', '`innodb_file_per_table`']);

/**
 * mysqldump writes triggers and events within a comment for versions, and a server stops reading there at a semicolon. One
 * stands behind bodies that came from a client that sends several statements at once (measured on 9.7; MariaDB drops it).
 */
async function unreadableBodies({ session, has, inDatabase }: Catalog): Promise<readonly Degradation[]> {
  if (has('COLUMNS.IS_GENERATED')) return [];
  const rows = await session.query<{ name: string; kind: string }>(`
    SELECT 'trigger' AS kind, TRIGGER_NAME AS name FROM information_schema.TRIGGERS
    WHERE ${inDatabase('TRIGGER_SCHEMA')} AND RTRIM(ACTION_STATEMENT) LIKE '%;'
    UNION ALL SELECT 'event', EVENT_NAME FROM information_schema.EVENTS
    WHERE ${inDatabase('EVENT_SCHEMA')} AND RTRIM(EVENT_DEFINITION) LIKE '%;' ORDER BY kind, name`);
  return rows.map(({ kind, name }) =>
    notRestorable(
      `${kind} ${quoteName(name)}`,
      'a semicolon stands behind its body, with which mysqldump writes it so that no server reads it: the restore fails until it is made anew without',
    ),
  );
}
