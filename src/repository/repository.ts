import type { BackupId } from '../manifest/keys.ts';

/** One object as a listing shows it. */
export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** Last change, milliseconds since the epoch by the storage's clock. */
  readonly modifiedMs: number;
  /** Opaque: another value means other content (inode, size, mtime …). */
  readonly stamp: string;
}

export interface StoredObject {
  readonly bytes: number;
  /** Hex, of the bytes as they were read back from storage. */
  readonly sha256: string;
}

/**
 * Where backups live: a flat, write-once store of named objects. The seam that each kind of storage implements and that
 * test/conformance/repository.ts checks.
 *
 * Keys are relative paths of percent-encoded parts (manifest/keys.ts); an implementation refuses any other and never
 * follows a symbolic link. Objects are write-once: `put` on an existing key throws `repository/object-exists`.
 * Every failure is an OperationError `repository/*`.
 */
export interface Repository {
  /** For people; never holds a secret. */
  readonly location: string;
  /** The id in holdfast.json. */
  readonly id: string;
  /**
   * Stores all of `source` durably under a new key, reads it back and returns what is really there. A source that
   * fails leaves no object. The object is visible only when complete.
   */
  put(key: string, source: AsyncIterable<Uint8Array>): Promise<StoredObject>;
  /**
   * Takes a finished file of this machine over as an object: by rename where scratch lies on the same file system, else
   * by copy. The file is gone afterwards. Durable and read back like `put`. `sha256` is what the caller hashed; where it
   * differs from what was read back, throws `repository/object-corrupt`.
   */
  adopt(key: string, path: string, sha256: string): Promise<StoredObject>;
  /** `put` for a small object that makes others visible (a manifest, a record): all or nothing, also against kill -9. */
  commit(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Bytes `offset` to `offset + length`. Throws `repository/object-missing`, `repository/object-unreadable`, while it is read
   * too. The caller reads from it, to the end or not.
   */
  read(key: string, range?: { readonly offset: number; readonly length: number }): Promise<AsyncIterable<Uint8Array>>;
  /** The whole object, at most `limit` bytes (else `repository/object-corrupt`). */
  readSmall(key: string, limit: number): Promise<Buffer>;
  /**
   * Lays an object out as a local file that does not exist yet, for reading only: it may share its storage with the
   * object (a hard link). Returns the hash of what lies there. Throws `repository/object-missing`.
   */
  fetch(key: string, path: string): Promise<StoredObject>;
  /** Every object below a prefix that ends with `/`, in no order. An incomplete listing throws; it never ends early. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Names directly below a prefix that ends with `/`, of objects and of groups of them. Far cheaper than listing all. */
  names(prefix: string): Promise<readonly string[]>;
  /** Removes one object; nothing happens where it does not exist. */
  remove(key: string): Promise<void>;
  /** Overwrites or creates a lease object, all or nothing. Only for `leases/`. */
  replace(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * A directory on the same storage for files on their way into `adopt`; undefined where there is none. Swept with the
   * unfinished backup.
   */
  scratch(id: string): Promise<string | undefined>;
  /** Removes what `scratch(id)` gave, with all that lies in it. */
  removeScratch(id: string): Promise<void>;
  /** Free bytes for new objects; undefined where the storage cannot say. */
  freeBytes(): Promise<number | undefined>;
}

/** A held lease. Disposing releases it. */
export interface Lease extends AsyncDisposable {
  /** What was committed last under this lease, by a holder before; undefined where that is not known. */
  readonly lastCommit: CommittedBackup | undefined;
  /** Throws `repository/lease-lost` where another holder took over or the heartbeat could not be written in time. */
  check(): Promise<void>;
  /** Says in the lease what is made under it (the id of a backup), so that what a killed holder left is known for its own. */
  note(work: string): Promise<void>;
  /** Says which backup was committed under it. Written with the next heartbeat or the release: the manifest is what counts. */
  committed(backup: CommittedBackup): void;
}

/** A backup in the history of its address. */
export interface CommittedBackup {
  readonly id: BackupId;
  readonly sequence: number;
}

/** Who holds a lease, for the person who waits for it. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly command: string;
  readonly since: string;
  /** URL of the CI run, from the CI's own environment; null elsewhere. */
  readonly run: string | null;
}
