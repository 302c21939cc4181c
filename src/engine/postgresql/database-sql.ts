import type { Fact } from '../../manifest/manifest.ts';
import { InternalError } from '../../base/operation-error.ts';
import { addGrants } from './acl-sql.ts';
import { databaseAcl, databaseFact, settingFacts, type DatabaseFact } from './facts.ts';
import { settingClause } from './guc.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { preamble, script, type Script } from './script.ts';
import { addSecurityLabels } from './security-label.ts';

export interface DatabaseNames {
  /** Name of the database to make. */
  readonly name: string;
  /** The source's role with OID 10 (`manifest.source.bootstrapRole`). */
  readonly bootstrap: string;
}

/**
 * `CREATE DATABASE` with every property, and what belongs to the database as a whole: owner, privileges, comment, settings.
 * Made from the facts in contents, so that a restore under another name is the same text with another name. Run as a
 * superuser, outside a transaction, statement by statement where a driver would wrap several in one.
 */
export function databaseSql(facts: readonly Fact[], as: DatabaseNames): string {
  return databaseScript(facts, as).text();
}

/** The same as a list of statements, for a driver: `CREATE DATABASE` must be sent alone. */
export function databaseStatements(facts: readonly Fact[], as: DatabaseNames): readonly string[] {
  return databaseScript(facts, as).statements();
}

function databaseScript(facts: readonly Fact[], { name, bootstrap }: DatabaseNames): Script {
  const database = databaseFact(facts);
  if (database === undefined) throw new InternalError('an inventory without its database');
  const out = script(bootstrap);
  const quoted = quoteIdentifier(name);
  out.remark('The database of one Holdfast backup. Run as a superuser, after the roles.');
  for (const statement of preamble) out.add(statement);
  out.add(createStatement(database, quoted));
  out.add(`ALTER DATABASE ${quoted} OWNER TO ${out.role(database.owner)}`);
  if (database.comment !== null) out.add(`COMMENT ON DATABASE ${quoted} IS ${quoteLiteral(database.comment)}`);
  addSecurityLabels(out, `DATABASE ${quoted}`, database.securityLabels);
  const acl = databaseAcl(facts);
  if (acl !== undefined) {
    out.add(`REVOKE ALL ON DATABASE ${quoted} FROM PUBLIC`);
    out.add(`REVOKE ALL ON DATABASE ${quoted} FROM ${out.role(database.owner)}`);
    addGrants(out, `DATABASE ${quoted}`, { owner: database.owner, items: acl });
  }
  for (const { role, settings } of settingFacts(facts).filter(({ inDatabase }) => inDatabase)) {
    for (const [setting, value] of Object.entries(settings)) {
      const whose = role === null ? `DATABASE ${quoted}` : `ROLE ${out.role(role)} IN DATABASE ${quoted}`;
      out.add(`ALTER ${whose} SET ${settingClause(setting, value)}`);
    }
  }
  if (database.isTemplate) out.add(`ALTER DATABASE ${quoted} IS_TEMPLATE true`);
  return out;
}

/** The owner comes in a statement of its own: `CREATE DATABASE` cannot look up a name, and the bootstrap role's may differ. */
function createStatement(database: DatabaseFact, quoted: string): string {
  const options = [
    'TEMPLATE = template0',
    `ENCODING = ${quoteLiteral(database.encoding)}`,
    `LOCALE_PROVIDER = ${database.provider}`,
    `LC_COLLATE = ${quoteLiteral(database.collate)}`,
    `LC_CTYPE = ${quoteLiteral(database.ctype)}`,
  ];
  if (database.provider === 'icu' && database.locale !== null)
    options.push(`ICU_LOCALE = ${quoteLiteral(database.locale)}`);
  if (database.provider === 'builtin' && database.locale !== null)
    options.push(`BUILTIN_LOCALE = ${quoteLiteral(database.locale)}`);
  if (database.icuRules !== null) options.push(`ICU_RULES = ${quoteLiteral(database.icuRules)}`);
  if (database.tablespace !== 'pg_default') options.push(`TABLESPACE = ${quoteIdentifier(database.tablespace)}`);
  if (database.connectionLimit !== -1) options.push(`CONNECTION LIMIT = ${database.connectionLimit}`);
  return `CREATE DATABASE ${quoted} WITH ${options.join(' ')}`;
}
