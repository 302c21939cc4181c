import type { BackupSummary } from './observed.ts';
import { sameAccessScope, holdsOf } from './holds.ts';
import type { AccessDrift } from './plan.ts';
import type { ResolvedDatabase } from './resolve-databases.ts';

/**
 * How roles, grants and settings changed since the newest good backup; undefined where they did not, or nobody can tell.
 * Where the spec asks for other roles than the backup holds, the two texts cover different roles and are not compared.
 */
export function accessDrift(
  { address, entry, observed }: ResolvedDatabase,
  newest: BackupSummary | undefined,
): AccessDrift | undefined {
  const access = observed?.access;
  if (access === undefined || newest === undefined || !sameAccessScope(newest.holds, holdsOf(entry.policy)))
    return undefined;
  const passwords = passwordsOf(access.passwords, newest.passwords);
  const before = observed?.backedUpAccess?.backup === newest.id ? observed.backedUpAccess.text : undefined;
  const changed = access.fingerprint !== newest.accessFingerprint;
  if (!changed && passwords !== 'changed') return undefined;
  // Without the text of then (its contents could not be read) the fingerprints still tell that something changed.
  return {
    address,
    since: newest.snapshotAt,
    before: changed ? (before ?? '') : access.text,
    after: changed && before === undefined ? '' : access.text,
    passwords,
  };
}

type Digest = BackupSummary['passwords'];

/** Digests compare only under one key. */
function passwordsOf(now: Digest, then: Digest): AccessDrift['passwords'] {
  if (now === null || then === null || now.keyId !== then.keyId) return 'unknown';
  return now.digest === then.digest ? 'unchanged' : 'changed';
}
