import type { Account } from './quote.ts';

/**
 * Everything that a server's catalogs say about its accounts and about one database: plain data, so that what follows is
 * pure.
 */
export interface AccountBook {
  /** Without those that belong to the server itself. MariaDB's PUBLIC is none. */
  readonly accounts: readonly AccountRecord[];
  readonly edges: readonly RoleEdge[];
  /** As the catalogs have them, also those that an account does not have any more. */
  readonly defaults: readonly { readonly account: Account; readonly roles: readonly Account[] }[];
  /** Roles that every account has without a grant (`mandatory_roles` of MySQL). */
  readonly mandatory: readonly Account[];
  readonly proxies: readonly Proxy[];
  readonly globals: readonly GlobalPrivileges[];
  readonly revokes: readonly PartialRevoke[];
  /** On the database or on a pattern that covers it. */
  readonly databaseGrants: readonly DatabaseGrant[];
  /** On objects that exist. */
  readonly objectGrants: readonly ObjectGrant[];
  /** Rows of the grant tables that no statement can make: their table, column or routine is gone. */
  readonly stale: readonly { readonly grantee: Account; readonly what: string }[];
  readonly definers: readonly { readonly account: Account; readonly why: string }[];
  /** Authentication plugins that a server has to load, by name. */
  readonly plugins: ReadonlyMap<string, string>;
  readonly passwordsReadable: boolean;
  /** The account that read all this. */
  readonly login: Account;
  /** Whether somebody is an administrator that servers are made with, from wherever he comes: root. */
  readonly isAdministrator: (account: Account) => boolean;
}

export interface AccountRecord extends Account {
  readonly isRole: boolean;
  /** Made with the server (root@localhost): never backed up, never touched. */
  readonly isBootstrap: boolean;
  readonly properties: AccountProperties;
  readonly passwords: AccountPasswords | undefined;
}

/** What an account is, without its passwords. Absent fields do not exist in that kind of server. */
export interface AccountProperties {
  /** Authentication plugins, in the order in which they are tried (MariaDB) or all asked for (MySQL). */
  readonly plugins: readonly string[];
  /**
   * For each plugin that keeps no password but says who somebody is elsewhere (sockets, PAM, LDAP): what it has of the
   * account.
   */
  readonly mappings: readonly (string | null)[];
  readonly locked: boolean;
  readonly expired: boolean;
  /** Days; 0 never; null as the server has it. */
  readonly lifetimeDays: number | null;
  readonly tls: {
    readonly require: 'none' | 'ssl' | 'x509' | 'specified';
    readonly cipher: string;
    readonly issuer: string;
    readonly subject: string;
  };
  readonly limits: {
    readonly queriesPerHour: number;
    readonly updatesPerHour: number;
    readonly connectionsPerHour: number;
    readonly userConnections: number;
    /** Seconds. */
    readonly statementSeconds?: number;
  };
  readonly reuse?: {
    readonly history: number | null;
    readonly days: number | null;
    readonly requireCurrent: boolean | null;
  };
  /** `lockDays` -1: until somebody unlocks it. */
  readonly failedLogins?: { readonly attempts: number; readonly lockDays: number };
  /** Comment and attributes, as the server writes the JSON object: its numbers reach further than ours. */
  readonly attributes?: string | null;
}

export interface AccountPasswords {
  /** Of every plugin in turn, hexadecimal; empty for none. */
  readonly verifiers: readonly string[];
  /** The password before, where it still works. */
  readonly secondary?: string | null;
  /** Those that must not come again, the oldest first. */
  readonly used?: readonly string[];
}

export interface RoleEdge {
  readonly role: Account;
  readonly member: Account;
  readonly admin: boolean;
}

export interface Proxy {
  readonly account: Account;
  readonly proxied: Account;
  readonly grantOption: boolean;
}

export interface GlobalPrivileges {
  readonly grantee: Account;
  readonly privileges: readonly string[];
  readonly grantOption: boolean;
  /** Dynamic privileges of MySQL, each with its own grant option. */
  readonly dynamic: Readonly<Record<string, boolean>>;
}

export interface PartialRevoke {
  readonly account: Account;
  readonly database: string;
  readonly privileges: readonly string[];
}

export interface DatabaseGrant {
  readonly grantee: Account;
  /** As the catalog has it; null where it means this database and no other. */
  readonly pattern: string | null;
  readonly privileges: readonly string[];
  readonly grantOption: boolean;
}

export interface ObjectGrant {
  readonly grantee: Account;
  readonly objectKind: string;
  readonly object: string;
  readonly privileges: readonly string[];
  /** Columns by privilege. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  readonly grantOption: boolean;
}

/** Identity of an account within one server. */
export const accountKey = ({ user, host }: Account): string => `${user}\0${host}`;
