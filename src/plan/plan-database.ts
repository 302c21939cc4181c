import { formatAddress } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Instant } from '../base/instant.ts';
import { backUpReason } from './back-up-reason.ts';
import { databaseFindings } from './database-findings.ts';
import { accessDrift } from './drift.ts';
import { estimateBackUp, estimateOf } from './estimate.ts';
import { objectiveState } from './objectives.ts';
import { obstacleTo } from './obstacle.ts';
import type {
  AccessDrift,
  Action,
  BackUp,
  Blocked,
  DrillDue,
  Expire,
  ObjectiveState,
  RetentionDecision,
  Verify,
} from './plan.ts';
import { drillDue } from './plan-drill.ts';
import type { ResolvedDatabase } from './resolve-databases.ts';
import { decideRetention } from './retention.ts';
import { historyIn, unreadableIn, type Store } from './stores.ts';
import { verifyDue } from './verify-due.ts';

/** The part of a plan that concerns one database. */
export interface DatabasePlan {
  readonly actions: readonly Action[];
  readonly blocked: Blocked | undefined;
  readonly drillDue: DrillDue | undefined;
  readonly drift: AccessDrift | undefined;
  readonly objective: ObjectiveState | undefined;
  readonly retention: RetentionDecision | undefined;
  readonly findings: readonly Diagnostic[];
}

/** `now`: a back-up is wanted also where none is due. */
export function planDatabase(
  database: ResolvedDatabase,
  store: Store | undefined,
  { at, now }: { readonly at: Instant; readonly now: boolean },
): DatabasePlan {
  const { address, entry, observed } = database;
  const { policy, place } = entry;
  const subject = formatAddress(address);
  const readable = store !== undefined && store.trouble === undefined;
  const history = historyIn(store, address);
  const newest = history?.newestGood;
  const dropped = database.presence === 'missing' && entry.select.kind === 'pattern';
  const base = { address, repository: policy.repository, place } as const;

  const wanted =
    readable && !dropped
      ? backUpReason(history, policy, { at, now, unreadable: unreadableIn(store, address) })
      : undefined;
  const obstacle = obstacleTo(database, store);
  const backUp: BackUp | undefined =
    wanted === undefined || obstacle !== undefined
      ? undefined
      : {
          kind: 'back-up',
          id: `back-up:${subject}`,
          ...base,
          policy,
          because: wanted,
          newest: history?.all[0]?.id,
          ...(database.server.state === 'reachable' ? { serverIdentity: database.server.identity } : {}),
          estimate: estimateBackUp(history, observed),
          irreversible: false,
        };
  const blocked =
    obstacle !== undefined && !dropped && (wanted !== undefined || !readable)
      ? { address, because: wanted, diagnostic: obstacle }
      : undefined;

  const due = readable ? verifyDue(policy, history, at) : undefined;
  const verify: Verify | undefined =
    due === undefined || newest === undefined
      ? undefined
      : {
          kind: 'verify',
          id: `verify:${subject}@${due.backup}`,
          ...base,
          ...due,
          estimate: estimateOf([newest]),
          irreversible: false,
        };

  const before = [backUp, verify].filter((action) => action !== undefined);
  const retention =
    history === undefined
      ? undefined
      : decideRetention({
          address,
          repository: policy.repository,
          backups: history.all,
          history,
          policy: policy.retention,
          at,
          backUpPlanned: backUp !== undefined,
          ...(verify === undefined ? {} : { verifyPlanned: verify.backup }),
          ...(database.presence === 'missing'
            ? { freeze: 'the database is gone from its server' }
            : blocked === undefined
              ? {}
              : { freeze: 'a back-up is due and cannot be taken' }),
        });
  const removed = new Set(retention?.frozen === undefined ? retention?.remove.map(({ backup }) => backup) : []);
  const expire: Expire | undefined =
    removed.size === 0
      ? undefined
      : {
          kind: 'expire',
          id: `expire:${subject}`,
          ...base,
          backups: [...removed],
          dependsOn: before.map(({ id }) => id),
          irreversible: true,
          estimate: estimateOf(history?.all.filter(({ id }) => removed.has(id)) ?? []),
        };

  const drill = drillDue(policy, history, at);
  const objective = dropped
    ? undefined
    : objectiveState({
        database,
        history,
        readable,
        backUp: backUp !== undefined ? 'planned' : blocked !== undefined ? 'blocked' : 'none',
        at,
      });
  return {
    actions: expire === undefined ? before : [...before, expire],
    blocked,
    drillDue: drill && { address, policy, ...drill },
    drift: accessDrift(database, newest),
    objective,
    retention,
    findings: databaseFindings({ database, history, retention, objective, obstacle, at }),
  };
}
