import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../../base/json.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { Secret } from '../../base/secret.ts';
import type { Fact, Holds } from '../../manifest/manifest.ts';
import { readAccess, type Access } from './access.ts';
import type { Flavour } from './flavour.ts';
import { readInventory } from './inventory.ts';
import type { Session } from './session.ts';

/** Everything that a backup says about a database besides its rows. */
export interface Description {
  readonly access: Access;
  /** Of structure and accounts. */
  readonly facts: readonly Fact[];
  /** The same for equal structure and accounts, however far counters have gone on. */
  readonly digest: string;
}

export interface DescribeRequest {
  readonly database: string;
  readonly holds: Holds;
  readonly digestKey: Secret | undefined;
}

/**
 * Neither accounts nor definitions are part of a snapshot: who wants to know that they stayed as they were reads them twice.
 */
export async function describe(session: Session, flavour: Flavour, request: DescribeRequest): Promise<Description> {
  const access = await readAccess(session, flavour, request);
  const inventory = await readInventory(session, flavour, request);
  const digest = createHash('sha256').update(access.digest);
  for (const fact of inventory)
    if (!counters.has(fact.kind)) digest.update(`${canonicalJson(fact as unknown as Json)}\n`);
  return { access, facts: [...access.facts, ...inventory], digest: digest.digest('hex') };
}

/** Throws `source/changed`, transient: a backup made meanwhile may not fit together. */
export function refuseChanged(before: string, after: Description, subject: string): void {
  if (before === after.digest) return;
  throw new OperationError('source/changed', `tables or accounts of ${subject} were changed while the backup ran`, {
    hint: 'Back up at another time. MySQL can hold such changes off with servers.<name>.lockInstance.',
    transient: true,
  });
}

/** They go on with every insert. */
const counters: ReadonlySet<string> = new Set(['auto-increment', 'sequence-state']);
