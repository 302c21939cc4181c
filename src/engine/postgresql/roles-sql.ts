import type { Fact } from '../../manifest/manifest.ts';
import { addGrants } from './acl-sql.ts';
import { membershipFacts, parameterFacts, roleFacts, settingFacts, tablespaceFacts } from './facts.ts';
import type { MembershipFact, RoleFact, TablespaceFact } from './facts.ts';
import { settingClause } from './guc.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { preamble, script, silence, type Script } from './script.ts';
import { addSecurityLabels } from './security-label.ts';

export interface RolesSqlOptions {
  /** `server_version_num` of the source: from 16 on, a membership's grantor and options mean something. */
  readonly versionNumber: number;
  /** The source's role with OID 10. */
  readonly bootstrap: string;
  /** `omit`: existing passwords on the target stay, new roles have none. */
  readonly passwords: 'hashes' | 'omit';
}

/**
 * Everything about the roles in `facts` that a new server needs, as plain SQL for a superuser. Runs twice without error.
 * Made from the catalogs and not from `pg_dumpall --roles-only`, which takes no snapshot, leaves out `ALTER ROLE ALL SET`,
 * alters the bootstrap superuser (its password too) and can only be narrowed down by reading lines that a role's name may
 * forge. The bootstrap superuser (OID 10) and the role that runs the script are never altered.
 */
export function rolesSql(facts: readonly Fact[], options: RolesSqlOptions): string {
  const { bootstrap } = options;
  const out = script(bootstrap);
  const roles = roleFacts(facts).filter(({ name }) => name !== bootstrap);
  out.remark('Roles of one Holdfast backup. Holds password verifiers: as secret as the dump. Run as a superuser.');
  for (const statement of preamble) out.add(statement);
  out.block(silence);
  for (const role of roles) addRole(out, role);
  for (const role of roles) addAttributes(out, role, options.passwords);
  for (const { role, inDatabase, settings } of settingFacts(facts)) {
    if (inDatabase || role === bootstrap) continue;
    for (const [name, value] of Object.entries(settings)) {
      out.add(`ALTER ROLE ${role === null ? 'ALL' : out.role(role)} SET ${settingClause(name, value)}`);
    }
  }
  for (const membership of inGrantorOrder(membershipFacts(facts), bootstrap, options.versionNumber)) {
    addMembership(out, membership, options.versionNumber);
  }
  const known = new Set(roleFacts(facts).map(({ name }) => name));
  for (const { name, items } of parameterFacts(facts)) {
    const wanted = items.filter(({ grantee }) => grantee === null || known.has(grantee));
    addGrants(out, `PARAMETER ${quoteIdentifier(name)}`, { owner: bootstrap, items: wanted });
  }
  for (const tablespace of tablespaceFacts(facts)) addTablespace(out, tablespace, bootstrap);
  return out.text();
}

function addRole(out: Script, { name }: RoleFact): void {
  out.block(`BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(name)} AND oid = 10) THEN
    RAISE EXCEPTION 'an ordinary role of this backup has the name of the bootstrap superuser here' USING HINT = 'Make the server with initdb --username=<the bootstrap role of the source>.';
  ELSIF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(name)}) THEN
    CREATE ROLE ${quoteIdentifier(name)};
  END IF;
END`);
}

function addAttributes(out: Script, role: RoleFact, passwords: 'hashes' | 'omit'): void {
  const name = quoteIdentifier(role.name);
  const attributes = [
    [role.superuser, 'SUPERUSER'],
    [role.inherit, 'INHERIT'],
    [role.createRole, 'CREATEROLE'],
    [role.createDatabase, 'CREATEDB'],
    [role.login, 'LOGIN'],
    [role.replication, 'REPLICATION'],
    [role.bypassRowSecurity, 'BYPASSRLS'],
  ] as const;
  const password =
    passwords === 'omit' || role.password === undefined
      ? ''
      : ` PASSWORD ${role.password === null ? 'NULL' : quoteLiteral(role.password)}`;
  const validUntil = role.validUntil === null ? '' : ` VALID UNTIL ${quoteLiteral(role.validUntil)}`;
  const alter = `ALTER ROLE ${name} WITH ${attributes.map(([has, word]) => (has ? word : `NO${word}`)).join(' ')} CONNECTION LIMIT ${role.connectionLimit}${password}${validUntil};`;
  // There is no way back to "no expiry" but infinity; a new role has none, so this only concerns one that existed.
  const forever =
    role.validUntil === null
      ? `IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(role.name)} AND rolvaliduntil < 'infinity') THEN ALTER ROLE ${name} VALID UNTIL 'infinity'; END IF;`
      : '';
  out.block(`BEGIN
  IF session_user <> ${quoteLiteral(role.name)} THEN
    ${alter}
    ALTER ROLE ${name} RESET ALL;
    ${forever}
  END IF;
END`);
  out.add(`COMMENT ON ROLE ${name} IS ${role.comment === null ? 'NULL' : quoteLiteral(role.comment)}`);
  addSecurityLabels(out, `ROLE ${name}`, role.securityLabels);
}

/**
 * A membership comes after the one that gave its grantor the ADMIN option: from 16 on the server checks that. Before 16,
 * a grantor says nothing and need not even exist any more.
 */
function inGrantorOrder(
  memberships: readonly MembershipFact[],
  bootstrap: string,
  versionNumber: number,
): readonly MembershipFact[] {
  if (versionNumber < 160_000) return memberships;
  const ordered: MembershipFact[] = [];
  const admins = new Set<string>();
  const pair = (role: string, member: string): string => JSON.stringify([role, member]);
  let pending = [...memberships];
  while (pending.length > 0) {
    const ready = pending.filter(
      ({ role, grantor }) => grantor === null || grantor === bootstrap || admins.has(pair(role, grantor)),
    );
    // What remains was granted by a role outside the scope: it becomes the bootstrap superuser's grant.
    const next = ready.length > 0 ? ready : pending.map((membership) => ({ ...membership, grantor: null }));
    ordered.push(...next);
    for (const { role, member, admin } of next) if (admin) admins.add(pair(role, member));
    pending = ready.length > 0 ? pending.filter((membership) => !ready.includes(membership)) : [];
  }
  return ordered;
}

function addMembership(out: Script, membership: MembershipFact, versionNumber: number): void {
  const { role, member, grantor, admin, inherit, set } = membership;
  const grant = `GRANT ${out.role(role)} TO ${out.role(member)}`;
  if (versionNumber >= 160_000) {
    const options = [`ADMIN ${word(admin)}`, `INHERIT ${word(inherit ?? true)}`, `SET ${word(set ?? true)}`].join(', ');
    out.add(`${grant} WITH ${options}${grantor === null ? '' : ` GRANTED BY ${out.role(grantor)}`}`);
    return;
  }
  const withAdmin = `${grant}${admin ? ' WITH ADMIN OPTION' : ''}`;
  if (grantor === null) {
    out.add(withAdmin);
    return;
  }
  const by = `${withAdmin} GRANTED BY ${out.role(grantor)}`;
  if (by.includes('\0')) {
    // A superuser's grant is the bootstrap superuser's from 16 on, and its own before.
    out.add(withAdmin);
    return;
  }
  out.block(`BEGIN
  IF current_setting('server_version_num')::int < 160000 THEN ${by}; ELSE ${withAdmin}; END IF;
END`);
}

/** Making a tablespace needs a directory, which only the restoring side knows; here is what it has beyond that. */
function addTablespace(out: Script, tablespace: TablespaceFact & { readonly name: string }, bootstrap: string): void {
  const name = quoteIdentifier(tablespace.name);
  const inner = script(bootstrap);
  inner.add(`ALTER TABLESPACE ${name} OWNER TO ${inner.role(tablespace.owner)}`);
  const options = Object.entries(tablespace.options ?? {}).map(
    ([key, value]) => `${quoteIdentifier(key)} = ${quoteLiteral(value)}`,
  );
  if (options.length > 0) inner.add(`ALTER TABLESPACE ${name} SET (${options.join(', ')})`);
  if (tablespace.comment !== null) inner.add(`COMMENT ON TABLESPACE ${name} IS ${quoteLiteral(tablespace.comment)}`);
  addSecurityLabels(inner, `TABLESPACE ${name}`, tablespace.securityLabels);
  inner.add(`REVOKE ALL ON TABLESPACE ${name} FROM PUBLIC`);
  inner.add(`REVOKE ALL ON TABLESPACE ${name} FROM ${inner.role(tablespace.owner)}`);
  addGrants(inner, `TABLESPACE ${name}`, tablespace);
  const statements = inner.statements().map((statement) => `EXECUTE ${quoteLiteral(statement)};`);
  out.block(`BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_tablespace WHERE spcname = ${quoteLiteral(tablespace.name)}) THEN
    ${statements.join('\n    ')}
  END IF;
END`);
}

const word = (value: boolean): string => (value ? 'TRUE' : 'FALSE');
