import type { Reading } from './client-reading.ts';
import { quoteAccount, quoteName, type Account } from './quote.ts';

import type { Tls } from '../../base/connection.ts';

/** What tells MySQL and MariaDB apart, as data: nothing else in this room asks which of the two it is. */
export interface Flavour {
  readonly name: 'mysql' | 'mariadb';
  readonly product: string;
  /** Oldest and newest release series that captures and restores are tested with or expected to work on, as version numbers. */
  readonly supported: { readonly oldest: number; readonly newest: number };
  /** Names of the programs, the best one first. */
  readonly programs: Readonly<Record<'dump' | 'client' | 'server', readonly string[]>>;
  /** What `--version` of its programs prints, the version in group 1; the other vendor's do not match. */
  readonly versionText: RegExp;
  /** What `VERSION()` of its servers says. */
  readonly serverVersion: RegExp;
  /** Arguments of the dump program that only this vendor's has. */
  readonly dumpArguments: readonly string[];
  /** Options of the client programs for each TLS mode. Certificate files are named alike. */
  readonly tlsOptions: Readonly<Record<Tls['mode'], Readonly<Record<string, string | true>>>>;
  /** The same where a `ca` is given, which then has to be checked, as the driver does. */
  readonly tlsWithAuthority: Readonly<Record<string, string | true>>;
  /**
   * How a statement reaches the server before everything else that the dump program runs: as an option, or within its host
   * name.
   */
  readonly firstStatement: 'option' | 'connection-string';
  /** Statements before that one, which an option cannot be given: what could end it while it waits. */
  readonly beforeFirst: readonly string[];
  /** Limits of the server that this statement lifts besides the common ones, so that they do not end a dump in the middle. */
  readonly liftedForDumps: readonly string[];
  /** Releases of the dump program, by series, that must not be gone below: the patch level. */
  readonly oldestPatch: Readonly<Record<string, number>>;
  /** Each of these privileges is enough to lock all tables of the server. */
  readonly lockPrivileges: readonly string[];
  /** What lets a login read every routine, the usual one first: a privilege on everything, on the database, or on one table. */
  readonly routinePrivileges: readonly { readonly privilege: string; readonly on: '*.*' | 'database' | 'mysql.proc' }[];
  /** Tables that the dump program of this version and later reads besides, and goes on without. */
  readonly dumpReads: readonly { readonly database: string; readonly table: string; readonly since: number }[];
  /**
   * The dump program of older versions never ends on an event that has `;;` in it: it looks for a delimiter that the event
   * has not, and never for a longer one (create_delimiter in mysqldump.c; measured on 9.7, 10.11 and 11.8).
   */
  readonly endsOnEventsSince: number;
  /**
   * Names of databases that the dump program does not find again where they have events: it takes them as they are escaped
   * for a text (mysqldump.c, dump_events_for_db; measured on 10.11 and 11.8).
   */
  readonly lostWithEvents: RegExp | undefined;
  /** What the dump program puts between the body of a routine, trigger or event and what follows it. */
  readonly behindBodies: ' ' | '\n';
  readonly clientReading: Reading;
  /** Whether the server keeps what stands before the body of a trigger as somebody wrote it, names of databases included. */
  readonly keepsTriggerHeads: boolean;
  /** SQL whose one row says where the binary log stands; columns `File`, `Position` and perhaps `Executed_Gtid_Set`. */
  readonly positionSql: readonly string[];
  /** SQL that gives one row with `gtid`; undefined where `positionSql` has it. */
  readonly gtidSql: string | undefined;
  /** Statements that every session begins with besides the common ones. */
  readonly sessionSettings: readonly string[];
  /** Accounts that belong to the server: never backed up, never touched. `%` in a user stands for anything. */
  readonly ownAccounts: readonly string[];
  /** Databases that belong to the server. */
  readonly ownDatabases: readonly string[];
  /** SQL that gives one row with `identity`: what tells this server from all others. */
  readonly identitySql: string;
  /** What follows SHOW GLOBAL to read the id of the cluster that a server is a node of: one row at most, with `Value`. */
  readonly clusterVariable: string;
  /**
   * SQL that gives a row with `account` (`user@host`) for each whose name only its like may use as a definer; undefined where
   * there are none.
   */
  readonly systemAccountsSql: string | undefined;
  /** Gives a row for each server that this one replicates from. */
  readonly replicaStatus: string;
  /** Ends the session's queries after so long. */
  readonly statementLimit: (ms: number) => string;
  /** Removes an account or a role, which may be the one that everybody is in. */
  readonly dropAccount: (account: Account) => string;
  readonly throwaway: ThrowawayServer;
}

/** How a server is made that lives for one drill. Settings are named as in an option file. */
export interface ThrowawayServer {
  /** `initialize`: the server makes its files by itself; `bootstrap`: it runs SQL that it came with, which it is fed. */
  readonly initialise: 'initialize' | 'bootstrap';
  /** Settings that only this vendor's servers know, besides the common ones. */
  readonly settings: Readonly<Record<string, string>>;
  /** Settings of the source that only this vendor's servers know and that are taken over. */
  readonly takenOver: readonly string[];
  /** Plugins to load where they are there: accounts or tables of a backup may need them, and they do nothing by themselves. */
  readonly plugins: readonly string[];
  /** Environment variables of the official image. */
  readonly passwordVariable: string;
  readonly env: Readonly<Record<string, string>>;
  /** Names of the program that makes SQL of the machine's time zones. */
  readonly zonePrograms: readonly string[];
  /** Names of the program that asks a server whether it is there. */
  readonly pingProgram: string;
}

/** 90700 of MySQL 9.7.0, 110803 of MariaDB 11.8.3. */
export function versionNumberOf(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  return major * 10_000 + minor * 100 + patch;
}

/**
 * `9.7`, `10.11`, `11.8`: dumps and clients are only used within one series (MySQL manual, "MySQL Releases: Innovation and
 * LTS").
 */
export function seriesOf(versionNumber: number): string {
  return `${Math.floor(versionNumber / 10_000)}.${Math.floor(versionNumber / 100) % 100}`;
}

const common = ['information_schema', 'performance_schema', 'mysql', 'sys'];

/** A snapshot waits in its transaction until its turn comes (MariaDB manual, "idle_transaction_timeout"). */
const idleLimits = ['idle_transaction_timeout = 0', 'idle_readonly_transaction_timeout = 0'];

export const flavours: Readonly<Record<Flavour['name'], Flavour>> = {
  mysql: {
    name: 'mysql',
    product: 'MySQL',
    supported: { oldest: 80_400, newest: 99_999 },
    programs: { dump: ['mysqldump'], client: ['mysql'], server: ['mysqld'] },
    serverVersion: /^(?!.*MariaDB)/i,
    versionText: /^(?!.*MariaDB).*?\bVer (\d+\.\d+\.\d+)/is,
    dumpArguments: ['--set-gtid-purged=OFF', '--column-statistics'],
    // Without TLS, caching_sha2_password needs the server's public key (manual, "Caching SHA-2 Pluggable Authentication").
    tlsOptions: {
      disable: { 'ssl-mode': 'DISABLED', 'get-server-public-key': true },
      allow: { 'ssl-mode': 'PREFERRED', 'get-server-public-key': true },
      prefer: { 'ssl-mode': 'PREFERRED', 'get-server-public-key': true },
      require: { 'ssl-mode': 'REQUIRED' },
      'verify-ca': { 'ssl-mode': 'VERIFY_CA' },
      'verify-full': { 'ssl-mode': 'VERIFY_IDENTITY' },
    },
    tlsWithAuthority: { 'ssl-mode': 'VERIFY_CA' },
    firstStatement: 'option',
    beforeFirst: [],
    liftedForDumps: ['max_execution_time = 0'],
    oldestPatch: {},
    lockPrivileges: ['RELOAD', 'FLUSH_TABLES'],
    routinePrivileges: [
      { privilege: 'SHOW_ROUTINE', on: '*.*' },
      { privilege: 'SELECT', on: '*.*' },
    ],
    dumpReads: [{ database: 'performance_schema', table: 'column_masking_policy', since: 90_700 }],
    endsOnEventsSince: Number.POSITIVE_INFINITY,
    lostWithEvents: undefined,
    behindBodies: ' ',
    clientReading: { code: ['!'], hint: '+', knowsAnsiQuotes: false },
    keepsTriggerHeads: false,
    positionSql: ['SHOW BINARY LOG STATUS', 'SHOW MASTER STATUS'],
    gtidSql: undefined,
    sessionSettings: [
      'SET SESSION max_execution_time = 0',
      'SET SESSION information_schema_stats_expiry = 0',
      // A server may hide the primary keys that it makes by itself (manual, "Generated Invisible Primary Keys").
      'SET SESSION show_gipk_in_create_table_and_information_schema = ON',
      // Without it a hash with bytes that are no UTF-8 cannot be read back (manual, SHOW CREATE USER).
      'SET SESSION print_identified_with_as_hex = ON',
    ],
    ownAccounts: ['mysql.infoschema', 'mysql.session', 'mysql.sys'],
    ownDatabases: common,
    identitySql: 'SELECT @@server_uuid AS identity',
    clusterVariable: "VARIABLES LIKE 'group_replication_group_name'",
    // Manual, "Account Categories".
    systemAccountsSql: "SELECT CONCAT(USER, '@', HOST) AS account FROM mysql.global_grants WHERE PRIV = 'SYSTEM_USER'",
    replicaStatus: 'SHOW REPLICA STATUS',
    statementLimit: (ms) => `SET SESSION max_execution_time = ${ms}`,
    dropAccount: ({ user, host }) => `DROP USER IF EXISTS ${quoteName(user)}@${quoteName(host)}`,
    throwaway: {
      initialise: 'initialize',
      settings: {
        mysqlx: 'OFF',
        'auto-generate-certs': 'OFF',
        'innodb-redo-log-capacity': '256M',
        'performance-schema': 'OFF',
        'require-secure-transport': 'OFF',
        // 8.4 has the old authentication built in and switched off (manual, "Native Pluggable Authentication"); 9 has it no
        // more.
        'loose-mysql-native-password': 'ON',
      },
      takenOver: [
        'partial_revokes',
        'authentication_policy',
        'mandatory_roles',
        'activate_all_roles_on_login',
        'default_collation_for_utf8mb4',
        'sql_generate_invisible_primary_key',
        'xa_detach_on_prepare',
        'restrict_fk_on_non_standard_key',
      ],
      plugins: [],
      passwordVariable: 'MYSQL_ROOT_PASSWORD',
      env: { MYSQL_ROOT_HOST: '%' },
      zonePrograms: ['mysql_tzinfo_to_sql'],
      pingProgram: 'mysqladmin',
    },
  },
  mariadb: {
    name: 'mariadb',
    product: 'MariaDB',
    supported: { oldest: 101_100, newest: 119_999 },
    programs: { dump: ['mariadb-dump', 'mysqldump'], client: ['mariadb', 'mysql'], server: ['mariadbd', 'mysqld'] },
    serverVersion: /MariaDB/i,
    // `Ver 11.8.6-MariaDB`; clients: `from 11.8.6-MariaDB, client 15.2`, in 10.11 `Ver 15.1 Distrib 10.11.6-MariaDB`.
    versionText: /\b(\d+\.\d+\.\d+)-MariaDB/i,
    dumpArguments: ['--skip-add-locks', '--dump-history'],
    // There is no mode that checks the authority but not the host's name: the stricter one stands for it.
    tlsOptions: {
      disable: { 'skip-ssl': true },
      allow: { 'skip-ssl-verify-server-cert': true },
      prefer: { 'skip-ssl-verify-server-cert': true },
      require: { ssl: true, 'skip-ssl-verify-server-cert': true },
      'verify-ca': { ssl: true, 'ssl-verify-server-cert': true },
      'verify-full': { ssl: true, 'ssl-verify-server-cert': true },
    },
    tlsWithAuthority: { ssl: true, 'ssl-verify-server-cert': true },
    firstStatement: 'connection-string',
    beforeFirst: ['SET SESSION max_statement_time = 0'],
    liftedForDumps: idleLimits,
    // CVE-2024-21096: before the sandbox mode, a hostile server ran programs on the machine that replays its dump.
    oldestPatch: { '10.11': 8, '11.4': 2 },
    lockPrivileges: ['RELOAD'],
    routinePrivileges: [
      { privilege: 'SELECT', on: 'mysql.proc' },
      { privilege: 'SELECT', on: '*.*' },
      { privilege: 'SHOW CREATE ROUTINE', on: 'database' },
      { privilege: 'SHOW CREATE ROUTINE', on: '*.*' },
    ],
    dumpReads: [],
    endsOnEventsSince: 110_800,
    // What mysql_real_escape_string puts a backslash before.
    // eslint-disable-next-line no-control-regex -- it is one of them
    lostWithEvents: /['"\\\n\r\u001a]/,
    behindBodies: '\n',
    clientReading: { code: ['!', 'M!'], hint: undefined, knowsAnsiQuotes: true },
    keepsTriggerHeads: true,
    positionSql: ['SHOW MASTER STATUS'],
    gtidSql: 'SELECT @@gtid_binlog_pos AS gtid',
    sessionSettings: [
      'SET SESSION max_statement_time = 0',
      'SET SESSION alter_algorithm = DEFAULT',
      `SET SESSION ${idleLimits.join(', ')}`,
    ],
    ownAccounts: ['mariadb.sys'],
    ownDatabases: common,
    // No one thing tells servers apart. Two in a cluster of containers may have all names in common, but hardly the address of
    // their network card, which server_uid is made of. Whatever they say, the guard's lock decides as well.
    identitySql: `SELECT CONCAT_WS(' ', @@hostname, @@port, @@socket, @@datadir, @@server_id,
      (SELECT variable_value FROM information_schema.global_variables WHERE variable_name = 'SERVER_UID')) AS identity`,
    // All zeros where it is no node.
    clusterVariable: "STATUS WHERE Variable_name = 'wsrep_cluster_state_uuid' AND Value NOT REGEXP '^[0-]*$'",
    systemAccountsSql: undefined,
    replicaStatus: 'SHOW ALL SLAVES STATUS',
    statementLimit: (ms) => `SET SESSION max_statement_time = ${ms / 1000}`,
    dropAccount: (account) =>
      account.host !== ''
        ? `DROP USER IF EXISTS ${quoteAccount(account)}`
        : account.user === 'PUBLIC'
          ? 'REVOKE ALL PRIVILEGES, GRANT OPTION FROM PUBLIC'
          : `DROP ROLE IF EXISTS ${quoteAccount(account)}`,
    throwaway: {
      initialise: 'bootstrap',
      settings: {
        'innodb-log-file-size': '256M',
        'innodb-flush-method': 'nosync',
        'aria-pagecache-buffer-size': '64M',
        feedback: 'OFF',
      },
      takenOver: [
        'old_mode',
        'character_set_collations',
        'system_versioning_alter_history',
        'innodb_compression_algorithm',
      ],
      plugins: ['auth_ed25519', 'auth_parsec', 'ha_archive', 'ha_blackhole'],
      passwordVariable: 'MARIADB_ROOT_PASSWORD',
      env: { MARIADB_ROOT_HOST: '%' },
      zonePrograms: ['mariadb-tzinfo-to-sql', 'mysql_tzinfo_to_sql'],
      pingProgram: 'mariadb-admin',
    },
  },
};
