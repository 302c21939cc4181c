import { OperationError } from '../base/operation-error.ts';
import { fateOf, type ProcessIdentity } from '../system/process-identity.ts';
import type { CommittedBackup, Holder, Repository } from './repository.ts';

/** One generation of a lease, as it is stored. */
export interface LeaseDocument {
  readonly kind: 'holdfast.lease';
  readonly formatVersion: 1;
  readonly generation: number;
  readonly state: 'held' | 'released';
  /** Grows with every heartbeat: only its change means anything. */
  readonly beat: number;
  readonly ttlMs: number;
  readonly holder: Holder;
  readonly process: ProcessIdentity;
  /** What the holder makes under it: the id of a backup. Absent until it is known. */
  readonly work?: string;
  /** The last backup that this holder or one before it committed. */
  readonly committed?: CommittedBackup;
}

export interface Generation {
  /** 0 where the lease was never taken. */
  readonly number: number;
  /** Changes with every heartbeat. */
  readonly text: string;
  /** Undefined where there is none, or it is damaged. */
  readonly document: LeaseDocument | undefined;
}

const sizeLimit = 64 * 1024;

export const keyOf = (scope: string, generation: number): string =>
  `leases/${scope}/${String(generation).padStart(10, '0')}.json`;

/** The inverse of `keyOf`; undefined for any other key. */
export function generationOfKey(key: string): { readonly scope: string; readonly number: number } | undefined {
  const match = /^leases\/(.+)\/(\d{10})\.json$/.exec(key);
  return match?.[1] === undefined ? undefined : { scope: match[1], number: Number(match[2]) };
}

/** The generation of a scope that counts. */
export async function newestGeneration(repository: Repository, scope: string): Promise<Generation> {
  let number = 0;
  for (const name of await repository.names(`leases/${scope}/`)) {
    if (/^\d{10}\.json$/.test(name)) number = Math.max(number, Number(name.slice(0, 10)));
  }
  return number === 0 ? { number, text: '', document: undefined } : readGeneration(repository, scope, number);
}

export async function readGeneration(repository: Repository, scope: string, number: number): Promise<Generation> {
  let stored = '';
  try {
    stored = (await repository.readSmall(keyOf(scope, number), sizeLimit)).toString('utf8');
  } catch (error) {
    // An older generation that was cleared away in this instant: look again.
    if (!(error instanceof OperationError && error.code === 'repository/object-missing')) throw error;
  }
  return { number, text: `${number} ${stored}`, document: parse(stored) };
}

export function encode(document: LeaseDocument): Buffer {
  return Buffer.from(`${JSON.stringify(document)}\n`);
}

/** Whether nobody holds it for certain: it was released, or the process that took it has ended. */
export function isFree(document: LeaseDocument | undefined): boolean {
  return document !== undefined && (document.state === 'released' || fateOf(document.process) === 'dead');
}

function parse(text: string): LeaseDocument | undefined {
  try {
    const data = JSON.parse(text) as LeaseDocument;
    if (data.kind !== 'holdfast.lease' || typeof data.process !== 'object') return undefined;
    const { committed, ...document } = data;
    return isCommitted(committed) ? { ...document, committed } : document;
  } catch {
    return undefined;
  }
}

function isCommitted(value: Partial<CommittedBackup> | undefined): value is CommittedBackup {
  return typeof value?.id === 'string' && Number.isSafeInteger(value.sequence);
}
