import { formatAddress } from '../base/address.ts';
import type { DiagnosticCode } from '../base/codes.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { formatBytes } from '../base/bytes.ts';
import { formatDuration } from '../base/duration.ts';
import { isoTime, type Instant } from '../base/instant.ts';
import type { Degradation } from '../manifest/manifest.ts';
import { ageOf } from './due.ts';
import type { History } from './history.ts';
import { lastDrillOf } from './objectives.ts';
import type { ObjectiveState, RetentionDecision } from './plan.ts';
import type { ResolvedDatabase } from './resolve-databases.ts';
import { afterCollapse, collapseOf } from './retention.ts';

export interface FindingsInput {
  readonly database: ResolvedDatabase;
  readonly history: History | undefined;
  readonly retention: RetentionDecision | undefined;
  readonly objective: ObjectiveState | undefined;
  /** Why no back-up can be taken now. One that concerns the whole server or repository is reported once, elsewhere. */
  readonly obstacle: Diagnostic | undefined;
  readonly at: Instant;
}

/** Everything worth saying about one database that is no action. */
export function databaseFindings(input: FindingsInput): readonly Diagnostic[] {
  const { database, obstacle } = input;
  const find = (severity: Diagnostic['severity'], code: DiagnosticCode, summary: string): Diagnostic => ({
    severity,
    code,
    summary,
    subject: formatAddress(database.address),
    place: database.entry.place,
  });
  const refused = database.observed?.preflight?.refused ?? [];
  return [
    ...(obstacle?.subject === formatAddress(database.address) &&
    !refused.some(({ code }) => code === obstacle.code) &&
    database.server.state === 'reachable'
      ? [obstacle]
      : []),
    ...refused.map((diagnostic) => ({
      place: database.entry.place,
      subject: formatAddress(database.address),
      ...diagnostic,
    })),
    ...degradationFindings(input, find),
    ...historyFindings(input, find),
    ...retentionFindings(input, find),
    ...objectiveFindings(input, find),
    ...drillFindings(input, find),
  ];
}

type Find = (severity: Diagnostic['severity'], code: DiagnosticCode, summary: string) => Diagnostic;

/** What the spec itself leaves out is said, but nobody is warned of it. */
const onPurpose: ReadonlySet<Degradation['code']> = new Set([
  'passwords-omitted',
  'roles-omitted',
  'table-excluded',
  'table-data-excluded',
]);

function* degradationFindings({ database, history }: FindingsInput, find: Find): Generator<Diagnostic> {
  const ahead = database.observed?.preflight?.degradations;
  const verb = ahead === undefined ? 'the newest backup lacks' : 'a backup would lack';
  const known = ahead === undefined ? 'backup/degraded' : 'capture/degraded';
  const list = ahead ?? history?.newestGood?.degradations ?? [];
  // Whoever reads it has to do something about each of them.
  for (const { code, subject, detail } of list.filter(({ code }) => code === 'object-not-restorable'))
    yield find('warning', known, `${verb} (${code}): ${subject}: ${detail}`);
  const others = list.filter(({ code }) => code !== 'object-not-restorable');
  for (const [code, [first, ...more]] of Map.groupBy(others, ({ code }) => code)) {
    if (first === undefined) continue;
    const text = `${verb} (${code}): ${first.subject}: ${first.detail}`;
    yield find(onPurpose.has(code) ? 'info' : 'warning', known, `${text}${alsoOf(more)}`);
  }
}

/** `, and 7 more of the kind: a, b, c …` */
function alsoOf(more: readonly Degradation[]): string {
  if (more.length === 0) return '';
  const names = more.slice(0, 5).map(({ subject }) => subject);
  return `, and ${more.length} more of the kind: ${names.join(', ')}${more.length > names.length ? ' …' : ''}`;
}

function* historyFindings({ history, at }: FindingsInput, find: Find): Generator<Diagnostic> {
  for (const { id, verified, dataGone } of history?.damaged ?? []) {
    const failed = `failed its verification${verified === undefined ? '' : ` at ${isoTime(verified.at)}`}`;
    yield find('error', 'backup/damaged', `backup ${id} ${dataGone === true ? 'has lost its data' : failed}`);
  }
  for (const { id, snapshotAt } of history?.future ?? []) {
    yield find(
      'warning',
      'backup/clock-skew',
      `backup ${id} is dated ${formatDuration(ageOf(at, snapshotAt))} in the future and does not count`,
    );
  }
}

/** A collapse is told also where nothing would expire: it may be the first sign of a loss on the server. */
function* retentionFindings({ database, history, retention }: FindingsInput, find: Find): Generator<Diagnostic> {
  const collapse = history === undefined ? undefined : collapseOf(history);
  const [newest, previous] = history?.good ?? [];
  if (collapse !== undefined && newest !== undefined && previous !== undefined) {
    const sizes = `${formatBytes(newest.plainBytes)} after ${formatBytes(previous.plainBytes)}`;
    yield { ...find('warning', 'backup/collapsed', `${collapse}: ${sizes}`), help: afterCollapse(database.address) };
  }
  if (retention?.frozen === undefined) return;
  const summary = `nothing expires: ${retention.frozen} (${retention.remove.length} outside retention)`;
  yield retention.frozen.includes('more than the cap')
    ? {
        ...find('warning', 'retention/cap', summary),
        help: 'Look at what is outside retention (`backup plan --verbose`). If all of it may go, raise retention.maxRemovals.',
      }
    : find('warning', 'retention/frozen', summary);
}

function* objectiveFindings({ objective }: FindingsInput, find: Find): Generator<Diagnostic> {
  const { rpo, rto } = objective ?? {};
  if (rpo?.state === 'breached') {
    const age =
      rpo.age === undefined ? 'there is no good backup' : `the newest good backup is ${formatDuration(rpo.age)} old`;
    yield find('error', 'objective/rpo-breached', `${age}, the objective is ${formatDuration(rpo.objective)}`);
  }
  if (rpo?.state === 'at-risk')
    yield find(
      'warning',
      'objective/rpo-at-risk',
      `the objective of ${formatDuration(rpo.objective)} will be breached before the next backup is there`,
    );
  if (rto?.state === 'breached') {
    yield find(
      'error',
      'objective/rto-breached',
      `the last drill took ${formatDuration(rto.measured ?? 0)}, the objective is ${formatDuration(rto.objective)}`,
    );
  }
  if (rto?.state === 'unproven')
    yield find(
      'warning',
      'objective/rto-unproven',
      `no drill has measured the recovery time, the objective is ${formatDuration(rto.objective)}`,
    );
}

function* drillFindings({ database, history, at }: FindingsInput, find: Find): Generator<Diagnostic> {
  const { drill, objectives } = database.entry.policy;
  const last = lastDrillOf(history);
  if (history === undefined) return;
  if (last === undefined) {
    const expected = drill.every !== undefined || objectives.rto !== undefined;
    yield find(expected ? 'warning' : 'info', 'drill/never', 'no backup of it has ever been restored in a drill');
    return;
  }
  if (!last.passed) yield find('error', 'drill/failed', `the drill of ${isoTime(last.at)} failed`);
  else if (drill.every !== undefined && at - last.at > drill.every) {
    yield find(
      'warning',
      'drill/overdue',
      `the last drill was ${formatDuration(ageOf(last.at, at))} ago, every ${formatDuration(drill.every)}`,
    );
  }
}
