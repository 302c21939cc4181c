import type { Place } from '../base/diagnostic.ts';
import type { EngineName } from '../base/engine-name.ts';
import type { Duration } from '../base/duration.ts';
import type { Tls } from '../base/connection.ts';

/**
 * What the user wants, fully defaulted: the only form of backup.yaml that the rest of Holdfast sees.
 * Every path in it is absolute (relative ones count from the spec's folder) and every reference resolves.
 */
export interface Desired {
  /** Path of the spec as the user gave it. */
  readonly file: string;
  /** sha256 of the spec's bytes, hex. */
  readonly digest: string;
  readonly repositories: ReadonlyMap<string, DesiredRepository>;
  readonly servers: ReadonlyMap<string, DesiredServer>;
  readonly targets: ReadonlyMap<string, DesiredTarget>;
  readonly databases: readonly DesiredDatabase[];
  /** Key of the digests that show password changes without showing passwords. */
  readonly digestKey?: SecretReference;
  /** Every file that the spec names as a secret, once each. */
  readonly secretFiles: readonly DesiredSecretFile[];
}

export interface DesiredSecretFile {
  readonly path: string;
  /** Where the spec names it. */
  readonly place: Place;
}

export type SecretReference =
  { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string };

/** A server before its secrets are resolved. */
export interface DesiredConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: SecretReference;
  readonly tls: Tls;
}

export interface DesiredRepository {
  readonly name: string;
  readonly type: 'filesystem';
  readonly path: string;
  readonly place: Place;
}

export interface DesiredServer extends DesiredConnection {
  readonly name: string;
  readonly engine: EngineName;
  /** Database to connect to for what concerns the whole server. */
  readonly maintenanceDatabase: string;
  /** Folder with the client programs; looked for in the usual places where absent. */
  readonly clients?: string;
  /** Databases captured at the same time. */
  readonly parallel: number;
  /** Whether nobody may change tables and accounts while dumps run. */
  readonly lockInstance: boolean;
  readonly place: Place;
}

export type DesiredTarget =
  | {
      readonly kind: 'local';
      readonly name: string;
      readonly engine: EngineName;
      readonly binaries?: string;
      readonly place: Place;
    }
  | {
      readonly kind: 'container';
      readonly name: string;
      readonly engine: EngineName;
      readonly image?: string;
      readonly place: Place;
    }
  | {
      readonly kind: 'server';
      readonly name: string;
      readonly engine: EngineName;
      readonly connection: DesiredConnection;
      readonly maintenanceDatabase: string;
      /** Whether a drill may use and empty it. A restore may write to a server that is not disposable; a drill never. */
      readonly disposable: boolean;
      readonly place: Place;
    };

export interface DesiredDatabase {
  /** The key in the spec. Free text, no identity. */
  readonly key: string;
  readonly server: string;
  readonly select:
    | { readonly kind: 'name'; readonly database: string }
    | { readonly kind: 'pattern'; readonly match: string; readonly except: readonly string[] };
  readonly policy: Policy;
  readonly place: Place;
}

/** One database's policy after defaults, the named policy and the database's own overrides were merged, in this order. */
export interface Policy {
  /** Name of the policy it came from; undefined where the database has only its own keys. */
  readonly name: string | undefined;
  readonly every: Duration;
  readonly objectives: { readonly rpo?: Duration; readonly rto?: Duration };
  readonly roles: RolesPolicy;
  readonly dump: DumpPolicy;
  /** Name of the repository. */
  readonly repository: string;
  readonly retention: Retention;
  readonly verify: { readonly every?: Duration };
  readonly drill: DrillPolicy;
}

export interface RolesPolicy {
  readonly scope: 'all' | 'referenced' | 'listed' | 'none';
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly passwords: 'hashes' | 'omit';
}

export interface DumpPolicy {
  readonly jobs: number;
  /** `auto`: zstd level 3; gzip level 1 where the dump is PostgreSQL's of before 16, which has no zstd. */
  readonly compression:
    'auto' | { readonly codec: 'zstd' | 'gzip'; readonly level: number } | { readonly codec: 'none' };
  readonly timeout: Duration;
  readonly lockWait: Duration;
  /** Patterns of tables: `schema.table` as pg_dump has them, `table` for MySQL and MariaDB, with `*` and `?`. */
  readonly excludeTables: readonly string[];
  readonly excludeTableData: readonly string[];
  /** Also hash every table on the server inside the snapshot: independent of the dump, one more scan. */
  readonly serverHashes: boolean;
}

export interface Retention {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly within?: Duration;
  /** Never fewer good backups than this. At least 1. */
  readonly minimum: number;
  /** Largest number of backups of one database that one run may remove. */
  readonly maxRemovals: number;
}

export type DrillLevel = 'L3' | 'L4' | 'L5' | 'L6';

export interface DrillPolicy {
  readonly every?: Duration;
  /** Name of a target; where absent: a container where Docker runs, else local binaries. */
  readonly target?: string;
  readonly level: DrillLevel;
  readonly checks: readonly SqlCheck[];
  readonly logins: readonly LoginCheck[];
}

export interface SqlCheck {
  readonly name: string;
  /** One statement that gives one value. Run read-only on the restored database. */
  readonly sql: string;
  readonly expect: Expectation;
}

/** Numbers compare as numbers, everything else as text, by `=` and `!=` only. Written `>= 1`, `= 'paid'`. */
export interface Expectation {
  readonly operator: '=' | '!=' | '>' | '>=' | '<' | '<=';
  readonly value: string;
}

export interface LoginCheck {
  readonly role: string;
  readonly password: SecretReference;
}
