import type { Address } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { EngineName } from '../base/engine-name.ts';
import type { Secret } from '../base/secret.ts';
import type { ComparisonRules } from '../manifest/comparison.ts';
import type {
  Codec,
  ContentEntry,
  Contents,
  Degradation,
  Fact,
  Holds,
  Manifest,
  Step,
  TextKind,
} from '../manifest/manifest.ts';
import type { ObservedServer } from '../plan/observed.ts';
import type { DumpPolicy } from '../spec/desired.ts';
import type { CleanServer, OpenServer } from './clean-server.ts';
import type { ServerAccess } from './server-access.ts';

/**
 * One kind of database system. The only place that knows its SQL, its programs and its quirks; test/conformance/engine.ts
 * checks every implementation. Everything thrown is an OperationError; nothing thrown or returned shows a secret or row data.
 */
export interface Engine {
  readonly name: EngineName;
  readonly comparison: ComparisonRules;

  /**
   * What must be the same on both ends of a restore: the major version of PostgreSQL (`15`), the release series of MySQL and
   * MariaDB (`9.7`, `11.8`). A server's version text begins with it.
   */
  series(source: Manifest['source']): string;

  /**
   * Reads one server for a plan: version, databases, sizes, the login's privileges, the access fingerprint of the asked
   * databases. Takes no lock that blocks anyone and writes nothing. An unreachable server is a value, not an error.
   */
  observe(server: ServerAccess, ask: ObserveRequest): Promise<ObservedServer>;

  /**
   * Opens the bracket of one server for capture. Disposing it closes every connection that it opened and ends every program
   * that it started. An engine whose snapshots can only be taken together takes those of all `planned` captures now.
   */
  openBracket(server: ServerAccess, options: BracketOptions): Promise<CaptureBracket>;

  /**
   * Checks that a server may be written to: empty where `mustBeEmpty`, and none of the sources: system identity differs
   * and an advisory lock taken on it is visible on no source. Holds the server against other drills until it is disposed.
   * Throws `target/not-empty`, `target/is-source`, `target/in-use`.
   */
  proveClean(target: ServerAccess, options: CleanProofOptions): Promise<CleanServer>;

  /** Whether a server is one of the sources, for a restore onto a server in use. A source that does not answer is named. */
  findSource(
    target: ServerAccess,
    options: { readonly sources: readonly ServerAccess[]; readonly signal: AbortSignal },
  ): Promise<{ readonly same: string | undefined; readonly silent: readonly string[] }>;

  /** Looks at a target before a restore: space, version, extensions, locales, existing roles and databases. Writes nothing. */
  checkTarget(target: CleanServer | OpenServer, request: RestoreRequest): Promise<readonly Diagnostic[]>;

  /**
   * Carries out the manifest's steps. Never retried from within; throws `restore/failed` naming step and object, without
   * row data. Roles that exist and are equal are reused; others throw `restore/role-differs` unless `overwriteRoles`.
   * An existing database throws `restore/database-exists` unless `overwriteDatabase`.
   */
  restore(
    target: CleanServer | OpenServer,
    request: RestoreRequest,
    source: ArtefactSource,
    events: RestoreEvents,
  ): Promise<RestoreReport>;

  /** Facts of one restored database, in the shape of `Contents.inventory`, to compare with it. */
  inventory(target: CleanServer | OpenServer, database: string, contents: Contents): Promise<readonly Fact[]>;

  /**
   * Compares the restored rows with the recorded ones, table by table: row count and content digest (COPY of the recorded
   * columns, or the rows of another dump; where order cannot be relied on, an order-free comparison that says so in `method`).
   */
  compareData(
    target: CleanServer | OpenServer,
    database: string,
    contents: Contents,
    options: CompareOptions,
  ): Promise<readonly DataCheck[]>;

  /** Removes from a declared drill server what restores noted as theirs (`CleanServer.made`), and nothing else. */
  clear(target: CleanServer, request: RestoreRequest): Promise<void>;

  /**
   * Runs one SQL check read-only and gives its one value as text; null for SQL NULL. Throws `proof/check-failed` where it
   * gives none or several.
   */
  queryValue(target: CleanServer | OpenServer, database: string, sql: string): Promise<string | null>;

  /** Tries a login with the right password and with a wrong one. Only meaningful where the server checks passwords. */
  tryLogin(
    target: CleanServer | OpenServer,
    database: string,
    login: { readonly role: string; readonly password: Secret },
  ): Promise<LoginOutcome>;

  /** Decodes what a backup stored, against what contents say: L2 of one entry. `parts` are its stored bytes in order. */
  proveEntry(entry: ContentEntry, parts: AsyncIterable<Uint8Array>): Promise<readonly string[]>;
}

export interface ObserveRequest {
  /**
   * Databases whose access fingerprint and preflight are wanted, with what their backup shall hold. Patterns are resolved by
   * the caller in a first call with none.
   */
  readonly databases: ReadonlyMap<string, { readonly holds: Holds }>;
  readonly digestKey: Secret | undefined;
  readonly signal: AbortSignal;
}

export interface BracketOptions {
  /** Every capture that this bracket is for. Others may be refused with `capture/refused`. */
  readonly planned: readonly PlannedCapture[];
  /** Whether tables and accounts must stay unchanged while dumps run (`servers.<name>.lockInstance`). */
  readonly lockInstance: boolean;
  readonly digestKey: Secret | undefined;
  readonly signal: AbortSignal;
}

/** What is to be captured of one database. */
export interface PlannedCapture {
  readonly address: Address;
  readonly holds: Holds;
  readonly dump: DumpPolicy;
}

export interface CaptureBracket extends AsyncDisposable {
  /**
   * Captures one database: one snapshot for inventory, roles and dump. Everything that ends up in the repository goes
   * through `sink`; nothing else is written outside `sink.scratch`. Returns only when L2 holds: every data file decoded to
   * its end, counts equal to the snapshot's, every entry of the archive's table of contents has its file.
   */
  capture(request: CaptureRequest, sink: CaptureSink): Promise<Captured>;
}

export interface CaptureRequest extends PlannedCapture {
  /** Ends everything that the capture waits for, also when `dump.timeout` is over; its reason is then thrown. */
  readonly signal: AbortSignal;
  readonly events: CaptureEvents;
}

/** What a capture is busy with, in order. The inventory and the texts made of it are part of the dump: they run beside it. */
export type CapturePhase = 'preflight' | 'snapshot' | 'dump' | 'proof';

export interface CaptureEvents {
  phase(phase: CapturePhase): void;
  /** About once a second: plain bytes that are proven, and compressed bytes that are written, those of unfinished files too. */
  progress(done: { readonly plainBytes: number; readonly storedBytes: number }): void;
}

/** Where capture hands its artefacts to. */
export interface CaptureSink {
  /**
   * Called once, as soon as the snapshot time is known, before anything is stored; gives the private directory for files on
   * their way.
   */
  begin(snapshotTimeMs: number): Promise<{ readonly scratch: string }>;
  /** A finished file in scratch, proven and hashed. It is gone from scratch afterwards. */
  file(file: ProvenFile): Promise<void>;
  /** A small artefact made by us (roles.sql …), plain text; the sink compresses it. */
  text(kind: TextKind, text: string): Promise<void>;
}

export interface ProvenFile {
  /** Its name in the dump (`3456.dat.zst`, `toc.dat`, `blob_424242.dat.gz`, `000012.sql.zst`). */
  readonly file: string;
  readonly path: string;
  readonly storedBytes: number;
  readonly storedSha256: string;
  readonly codec: Codec;
}

export interface Captured {
  readonly engine: EngineName;
  readonly source: Manifest['source'];
  readonly clients: Manifest['clients'];
  readonly snapshot: Manifest['snapshot'];
  readonly access: Manifest['access'];
  readonly degradations: readonly Degradation[];
  readonly steps: readonly Step[];
  /** One per file and text handed to the sink, without its parts: those the sink knows, by `file`. */
  readonly entries: readonly Omit<ContentEntry, 'parts'>[];
  readonly inventory: readonly Fact[];
  readonly accessText: string;
  readonly roles: Contents['roles'];
  /** Milliseconds. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface CleanProofOptions {
  readonly mustBeEmpty: boolean;
  /** Declared sources. One that does not answer could be the target. */
  readonly sources: readonly ServerAccess[];
  /** What happens then: `server/unreachable` where absent. `allowed` is for a server that this run made. */
  readonly silentSources?: 'allowed';
  /** System identity of the backup's source, which the spec may not name any more. */
  readonly sourceIdentity?: string;
  readonly signal: AbortSignal;
}

export interface RestoreRequest {
  readonly manifest: Manifest;
  readonly contents: Contents;
  /** Name of the database to make; the source's own name where absent. */
  readonly as?: string;
  readonly jobs: number;
  readonly overwriteRoles: boolean;
  readonly overwriteDatabase: boolean;
  /**
   * Tablespace name → directory on the target; missing ones are made below `tablespaceRoot`, or else the default is used and
   * reported.
   */
  readonly tablespaceRoot?: string;
  readonly signal: AbortSignal;
}

/** The stored artefacts of one backup, already checked against their hashes while they are read. */
export interface ArtefactSource {
  text(kind: TextKind): Promise<string>;
  /**
   * Lays every file of the dump out under its own name in one directory, as pg_restore reads it; removed with the scratch
   * space.
   */
  dumpDirectory(): Promise<string>;
}

export interface RestoreEvents {
  step(phase: Step['phase']): void;
}

export interface RestoreReport {
  readonly database: string;
  readonly steps: readonly { readonly phase: Step['phase']; readonly ms: number }[];
  /** Things that came back otherwise than they were, on purpose and named (a tablespace mapped to the default). */
  readonly notes: readonly string[];
}

export interface CompareOptions {
  readonly jobs: number;
  /**
   * The dump that was restored, as `ArtefactSource.dumpDirectory` laid it out: to compare rows that came back in another
   * order.
   */
  readonly dumpDirectory: string;
  readonly signal: AbortSignal;
}

export interface DataCheck {
  readonly subject: string;
  readonly expectedRows: number | null;
  readonly actualRows: number | null;
  readonly equal: boolean;
  readonly method: 'copy-digest' | 'dump-digest' | 'order-free' | 'large-object' | 'rows-only';
  /** Why it is not equal, or why a weaker method was used. No row data. */
  readonly detail: string | undefined;
}

export interface LoginOutcome {
  readonly role: string;
  /** Whether the server asks for passwords at all: otherwise nothing is proven. */
  readonly passwordsChecked: boolean;
  readonly accepted: boolean;
  readonly wrongPasswordRefused: boolean;
  readonly detail: string | undefined;
}
