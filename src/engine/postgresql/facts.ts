import type { Fact } from '../../manifest/manifest.ts';
import type { AclItem } from './acl-sql.ts';

/** The facts of the inventory that scripts are made from, typed. They stand in contents, so a restore can make them anew. */
export interface RoleFact {
  readonly name: string;
  readonly superuser: boolean;
  readonly inherit: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly login: boolean;
  readonly replication: boolean;
  readonly bypassRowSecurity: boolean;
  readonly connectionLimit: number;
  readonly validUntil: string | null;
  readonly comment: string | null;
  readonly bootstrap?: boolean;
  readonly securityLabels?: SecurityLabels | null;
  /** Absent where verifiers could not be read or were not asked for. */
  readonly password?: string | null;
}

/** Label by provider. */
export type SecurityLabels = Readonly<Record<string, string>>;

export interface MembershipFact {
  readonly role: string;
  readonly member: string;
  readonly grantor: string | null;
  readonly admin: boolean;
  /** From 16 on. */
  readonly inherit?: boolean;
  readonly set?: boolean;
}

export interface SettingFact {
  readonly role: string | null;
  readonly inDatabase: boolean;
  readonly settings: Readonly<Record<string, string>>;
}

export interface TablespaceFact {
  readonly owner: string;
  readonly options: Readonly<Record<string, string>> | null;
  readonly comment: string | null;
  readonly securityLabels?: SecurityLabels | null;
  readonly items: readonly AclItem[];
}

export interface DatabaseFact {
  readonly owner: string;
  readonly encoding: string;
  readonly provider: 'libc' | 'icu' | 'builtin';
  readonly collate: string;
  readonly ctype: string;
  readonly locale: string | null;
  readonly icuRules: string | null;
  readonly isTemplate: boolean;
  readonly allowConnections: boolean;
  readonly connectionLimit: number;
  readonly tablespace: string;
  readonly comment: string | null;
  readonly securityLabels?: SecurityLabels | null;
}

export const roleFacts = (facts: readonly Fact[]): readonly RoleFact[] => valuesOf<RoleFact>(facts, 'role');
export const membershipFacts = (facts: readonly Fact[]): readonly MembershipFact[] =>
  valuesOf<MembershipFact>(facts, 'membership');
export const settingFacts = (facts: readonly Fact[]): readonly SettingFact[] => valuesOf<SettingFact>(facts, 'setting');
export const tablespaceFacts = (facts: readonly Fact[]): readonly (TablespaceFact & { readonly name: string })[] =>
  valuesOf(facts, 'tablespace');
export const parameterFacts = (
  facts: readonly Fact[],
): readonly { readonly name: string; readonly items: readonly AclItem[] }[] => valuesOf(facts, 'parameter-acl');
export const databaseFact = (facts: readonly Fact[]): DatabaseFact | undefined =>
  valuesOf<DatabaseFact>(facts, 'database')[0];
/** The database's own ACL; undefined where it is the default of its owner. */
export const databaseAcl = (facts: readonly Fact[]): readonly AclItem[] | undefined =>
  valuesOf<{ readonly name: string; readonly items: readonly AclItem[] }>(facts, 'acl').find(
    ({ name }) => name === 'this database',
  )?.items;

/** Facts sorted by name, so that equal catalogs give equal scripts. */
function valuesOf<T>(facts: readonly Fact[], kind: string): readonly T[] {
  return facts
    .filter((fact) => fact.kind === kind)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((fact) => ({ name: fact.name, ...fact.value }) as T);
}
