import { formatAddress } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import type { Action, Drift, Estimate, KeepReason, PlanDocument, Place, Reason } from '../plan/plan-document.gen.ts';

/** A symbol AND a word for each kind of line: neither colour nor shape alone carries the meaning. */
export const marks = {
  'back-up': { symbol: '+', word: 'back up', legend: 'a backup is taken' },
  verify: { symbol: '?', word: 'verify', legend: 'a backup is read back and checked' },
  expire: {
    symbol: '-',
    word: 'expire',
    legend: 'backups expire: they count no more, and their data goes after a day',
  },
  sweep: { symbol: '~', word: 'sweep', legend: 'data of unfinished or expired backups is removed' },
  blocked: { symbol: 'x', word: 'blocked', legend: 'wanted and not possible now' },
  drift: { symbol: '!', word: 'changed', legend: 'changed outside backup' },
  unchanged: { symbol: '=', word: 'unchanged', legend: 'nothing to do' },
} as const;

export type Mark = keyof typeof marks;

/** What an action is about: its database, or the id of a backup that never was one. Not yet escaped. */
export function subjectOf(action: Action): string {
  return action.address === null ? (action.backups[0] ?? action.id) : formatAddress(action.address);
}

export function reasonWords({ kind, reason, backups }: Pick<Action, 'kind' | 'reason' | 'backups'>): string {
  if (kind === 'expire') return `${count(backups.length, 'backup')} to expire`;
  if (kind === 'sweep' && reason.kind === 'expired')
    return `${backups[0] ?? ''} expired ${formatDuration(reason.ageMs ?? 0)} ago`;
  if (kind === 'sweep') return `never committed, untouched for ${formatDuration(reason.ageMs ?? 0)}`;
  if (kind === 'back-up') return backUpWords(reason);
  const last =
    reason.kind === 'never'
      ? 'not verified since it was taken'
      : `last verified ${formatDuration(reason.ageMs ?? 0)} ago`;
  return `${backups[0] ?? ''} ${last}, every ${formatDuration(reason.everyMs ?? 0)}`;
}

export function backUpWords(reason: Reason | null): string {
  switch (reason?.kind) {
    case 'never':
      return 'never backed up';
    case 'due':
      return `newest is ${formatDuration(reason.ageMs ?? 0)} old, every ${formatDuration(reason.everyMs ?? 0)}`;
    case 'holds-changed':
      return `the spec changed what it holds: ${(reason.fields ?? []).join(', ')}`;
    case 'asked':
      return `asked for now, newest is ${formatDuration(reason.ageMs ?? 0)} old`;
    case 'damaged':
      return `the newest is damaged: ${reason.backup ?? ''}`;
    default:
      return 'its backups could not be listed';
  }
}

export function drillWords({ kind, ageMs, everyMs, at }: Reason): string {
  if (kind === 'never') return 'never drilled';
  return kind === 'failed'
    ? `failed at ${at ?? ''}`
    : `last drilled ${formatDuration(ageMs ?? 0)} ago, every ${formatDuration(everyMs ?? 0)}`;
}

export function driftWords({ since, passwords, diff }: Drift): string {
  const what = diff === '' && passwords === 'changed' ? 'passwords changed' : 'roles, grants or settings changed';
  const also = diff !== '' && passwords === 'changed' ? ', passwords too' : '';
  return `${what}${also} since ${since.slice(0, 16)}Z${diff === '' && passwords !== 'changed' ? ' (the text of then could not be read)' : ''}`;
}

export function estimateWords(kind: Action['kind'], estimate: Estimate | null): string {
  if (estimate === null) return '';
  const bytes = estimate.bytes === null ? '' : formatBytes(estimate.bytes);
  if (kind === 'expire') return `frees ${bytes} after a day`;
  if (kind === 'sweep') return `frees ${bytes}`;
  const upTo = estimate.basis === 'database-size' ? 'up to ' : '~';
  return `${upTo}${bytes}${estimate.seconds === null ? '' : `  ~${formatDuration(estimate.seconds * 1_000)}`}`;
}

export function graceWords(dataGoesAt: string | null): string {
  return dataGoesAt === null
    ? 'data stays while the database has no good backup'
    : `data goes after ${dataGoesAt.slice(0, 16)}Z`;
}

export function keepWords(reason: KeepReason): string {
  if (reason.kind === 'within') return `within ${formatDuration(reason.spanMs ?? 0)} of the newest`;
  if (reason.nth !== undefined) return `${reason.kind} ${reason.nth} of ${reason.of ?? 0}`;
  return (
    {
      minimum: 'minimum',
      'last-committed': 'last committed',
      'last-verified': 'last verified',
      'last-drilled': 'last drilled',
      unmanaged: 'not in the spec',
      unproven: 'damaged, and nothing newer replaces it',
      future: 'dated in the future',
      'no-policy': 'no retention rule',
    }[reason.kind as string] ?? reason.kind
  );
}

export function removeWords(because: 'outside-retention' | 'damaged-and-replaced'): string {
  return because === 'outside-retention' ? 'outside retention' : 'damaged, and newer good ones are there';
}

export function sourceWords(place: Place | null): string {
  return place === null ? '' : `[${place.file}:${place.line}]`;
}

export function sumsWords({ summary }: PlanDocument): string {
  const parts = [
    [summary.backUp, 'to back up'],
    [summary.verify, 'to verify'],
    [summary.backupsRemoved, 'to expire'],
    [summary.sweep, 'to sweep'],
    [summary.blocked, 'blocked'],
  ] as const;
  const changes = parts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return `Plan: ${changes.length === 0 ? 'nothing to do' : changes.join(', ')}. ${summary.unchanged} unchanged.`;
}

/** Why the plan does not cover everything; empty where it does. */
export function incompleteWords({ complete, observed }: PlanDocument): readonly string[] {
  if (complete) return [];
  const repositories = observed.repositories.filter(({ state }) => state !== 'ready').map(({ name }) => name);
  return [
    ...(observed.unreachable.length > 0
      ? [
          `${count(observed.unreachable.length, 'server')} could not be observed (${observed.unreachable.join(', ')}); this plan is incomplete.`,
        ]
      : []),
    ...(observed.notAsked.length > 0
      ? [
          `${count(observed.notAsked.length, 'server')} ${observed.notAsked.length === 1 ? 'was' : 'were'} not asked (${observed.notAsked.join(', ')}); this plan is incomplete.`,
        ]
      : []),
    ...(repositories.length > 0
      ? [
          `${count(repositories.length, 'repository', 'repositories')} could not be read (${repositories.join(', ')}); this plan is incomplete.`,
        ]
      : []),
  ];
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
