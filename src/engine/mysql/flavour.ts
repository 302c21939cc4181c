/** What tells MySQL and MariaDB apart, as data: nothing else in this room asks which of the two it is. */
export interface Flavour {
  readonly name: 'mysql' | 'mariadb';
  readonly product: string;
  /** Oldest and newest release series that captures and restores are tested with or expected to work on, as version numbers. */
  readonly supported: { readonly oldest: number; readonly newest: number };
  /** Names of the programs, the best one first. */
  readonly programs: Readonly<Record<'dump' | 'client' | 'server', readonly string[]>>;
  /** Arguments of the dump program that only this vendor's has. */
  readonly dumpArguments: readonly string[];
  /** Statements that every session begins with besides the common ones. */
  readonly sessionSettings: readonly string[];
  /** Accounts that belong to the server: never backed up, never touched. `%` in a user stands for anything. */
  readonly ownAccounts: readonly string[];
  /** Databases that belong to the server. */
  readonly ownDatabases: readonly string[];
  /** SQL that gives one row with `identity`: what tells this server from all others. */
  readonly identitySql: string;
}

/** 90700 of MySQL 9.7.0, 110803 of MariaDB 11.8.3. */
export function versionNumberOf(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  return major * 10_000 + minor * 100 + patch;
}

/** `9.7`, `10.11`, `11.8`: dumps and clients are only used within one series (MySQL manual, "MySQL Releases: Innovation and LTS"). */
export function seriesOf(versionNumber: number): string {
  return `${Math.floor(versionNumber / 10_000)}.${Math.floor(versionNumber / 100) % 100}`;
}

const common = ['information_schema', 'performance_schema', 'mysql', 'sys'];

export const flavours: Readonly<Record<Flavour['name'], Flavour>> = {
  mysql: {
    name: 'mysql',
    product: 'MySQL',
    supported: { oldest: 80_400, newest: 99_999 },
    programs: { dump: ['mysqldump'], client: ['mysql'], server: ['mysqld'] },
    dumpArguments: ['--set-gtid-purged=OFF', '--column-statistics=0'],
    sessionSettings: [
      'SET SESSION max_execution_time = 0',
      'SET SESSION information_schema_stats_expiry = 0',
      // Without it a hash with bytes that are no UTF-8 cannot be read back (manual, SHOW CREATE USER).
      'SET SESSION print_identified_with_as_hex = ON',
    ],
    ownAccounts: ['mysql.infoschema', 'mysql.session', 'mysql.sys'],
    ownDatabases: common,
    identitySql: 'SELECT @@server_uuid AS identity',
  },
  mariadb: {
    name: 'mariadb',
    product: 'MariaDB',
    supported: { oldest: 101_100, newest: 119_999 },
    programs: { dump: ['mariadb-dump', 'mysqldump'], client: ['mariadb', 'mysql'], server: ['mariadbd', 'mysqld'] },
    dumpArguments: ['--skip-add-locks', '--dump-history'],
    sessionSettings: ['SET SESSION max_statement_time = 0', 'SET SESSION alter_algorithm = DEFAULT'],
    ownAccounts: ['mariadb.sys'],
    ownDatabases: common,
    // 10.11 has no server_uid, and copies of a data directory share theirs: the guard's lock decides there.
    identitySql: "SELECT CONCAT_WS(' ', @@hostname, @@port, @@socket, @@datadir, @@server_id) AS identity",
  },
};
