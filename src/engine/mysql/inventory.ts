import type { Fact } from '../../manifest/manifest.ts';
import { openCatalog } from './catalog.ts';
import type { Flavour } from './flavour.ts';
import { codeParts } from './inventory-code.ts';
import { readCounters, readSequences } from './inventory-counters.ts';
import { withExactStatements } from './inventory-exact.ts';
import { keyParts } from './inventory-keys.ts';
import type { InventoryContext, InventoryPart } from './inventory-query.ts';
import { tableParts } from './inventory-tables.ts';
import { viewParts } from './inventory-views.ts';
import type { Session } from './session.ts';

/**
 * The structure of one database as facts, without its accounts and rows. Only reads. The same code reads the source and the
 * restored database, whatever its name is, so equal databases of one release series give equal facts. information_schema is
 * not part of a snapshot: it must not change meanwhile. How many queries it takes depends on how many views (MySQL),
 * sequences, odd texts (`withExactStatements`) and triggers (MariaDB) there are, never on how many tables. Throws what the
 * session throws.
 */
export async function readInventory(
  session: Session,
  flavour: Flavour,
  { database }: { readonly database: string },
): Promise<Fact[]> {
  const catalog = await openCatalog(session, database);
  const rows = await session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE ${catalog.inDatabase('TABLE_SCHEMA')} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')`,
  );
  const context: InventoryContext = { catalog, flavour, tables: new Set(rows.map(({ name }) => name)) };
  const facts: Fact[] = [];
  for (const part of parts) facts.push(...(await part(context)));
  facts.push(...(await readSequences(catalog)), ...(await readCounters(session, database)));
  const exact = [...(await withExactStatements(catalog, facts))];
  return exact.sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
}

const parts: readonly InventoryPart[] = [...tableParts, ...keyParts, ...codeParts, ...viewParts];

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
