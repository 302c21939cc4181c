import { InternalError, OperationError } from '../base/operation-error.ts';
import type { Secret } from '../base/secret.ts';
import type { CleanServer } from '../engine/clean-server.ts';
import type { Engine, RestoreRequest } from '../engine/engine.ts';
import type { Contents, Manifest } from '../manifest/manifest.ts';
import type { TargetLease } from '../target/target.ts';
import { artefactSource } from './artefacts.ts';
import { dataChecks, factChecks, includesLevel, loginCheck, sqlCheck } from './drill-checks.ts';
import type { DrillRequest } from './drill-request.ts';
import type { DrillCheck, DrillDifference, DrillReport } from './drill-report.ts';
import type { PhaseEvents } from './phases.ts';
import type { Tools } from './tools.ts';

/** What restoring and checking showed. */
export interface Rehearsal {
  readonly restoration: DrillReport['restoration'];
  readonly checks: readonly DrillCheck[];
  readonly differences: readonly DrillDifference[];
  readonly notes: readonly string[];
  /**
   * From the start of the fetch to the end of ANALYZE: what an operator would have waited. Undefined where the restore
   * failed.
   */
  readonly restoreMs: number | undefined;
}

export interface Login {
  readonly role: string;
  readonly password: Secret;
}

export interface RehearsalRequest {
  readonly request: DrillRequest;
  readonly manifest: Manifest;
  readonly contents: Contents;
  readonly engine: Engine;
  readonly server: CleanServer;
  readonly lease: TargetLease;
  /** Those of the policy, with their secrets. */
  readonly logins: readonly Login[];
  readonly events: PhaseEvents;
  readonly tools: Tools;
}

/** Fetch, restore and every check that the level asks for. What goes wrong with the backup is part of the result. */
export async function rehearse(rehearsal: RehearsalRequest): Promise<Rehearsal> {
  const { lease, tools } = rehearsal;
  const since = tools.clock.monotonicMs();
  await using fetched = new AsyncDisposableStack();
  const restored = await restoreForDrill(rehearsal, fetched);
  if (restored.error !== undefined)
    return {
      restoration: { state: 'failed', error: restored.error },
      checks: [failedCheck('L3', 'restore', restored.error)],
      differences: [],
      notes: lease.notes,
      restoreMs: undefined,
    };
  const restoreMs = tools.clock.monotonicMs() - since;
  const proof = await prove(rehearsal, restored);
  return {
    restoration: { state: 'succeeded', error: null },
    checks: [
      { level: 'L3', kind: 'restore', name: 'restore', state: 'passed', expected: null, actual: null, detail: null },
      ...proof.checks,
    ],
    differences: proof.differences,
    notes: [...lease.notes, ...restored.notes],
    restoreMs,
  };
}

/** What the drill asks of the engine, to restore and to clear again. */
export function restoreRequestOf({
  request,
  manifest,
  contents,
  lease,
  tools,
}: Omit<RehearsalRequest, 'server'>): RestoreRequest {
  return {
    manifest,
    contents,
    jobs: request.jobs,
    overwriteRoles: false,
    overwriteDatabase: false,
    ...(lease.tablespaceRoot === undefined ? {} : { tablespaceRoot: lease.tablespaceRoot }),
    signal: tools.signal,
  };
}

interface RestoredDatabase {
  readonly error?: undefined;
  readonly database: string;
  readonly dumpDirectory: string;
  readonly notes: readonly string[];
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** The artefacts stay in `fetched`: comparing needs them as well. */
async function restoreForDrill(
  rehearsal: RehearsalRequest,
  fetched: AsyncDisposableStack,
): Promise<RestoredDatabase | { readonly error: Failure }> {
  const { request, contents, engine, server, events } = rehearsal;
  const restoreRequest = restoreRequestOf(rehearsal);
  return ofTheBackup(rehearsal, async () => {
    events.enter('fetch');
    const source = fetched.use(await artefactSource(request.repository, contents));
    const dumpDirectory = await source.dumpDirectory();
    const obstacles = (await engine.checkTarget(server, restoreRequest)).filter(
      (diagnostic) => diagnostic.severity === 'error',
    );
    const [first] = obstacles;
    if (first !== undefined)
      throw new OperationError(first.code, obstacles.map((diagnostic) => diagnostic.summary).join('; '));
    const report = await engine.restore(server, restoreRequest, source, { step: (phase) => events.enter(phase) });
    events.leave();
    return { database: report.database, dumpDirectory, notes: report.notes };
  });
}

/** Says something about the machine that drills, and nothing about the backup. */
const ofTheMachine: ReadonlySet<string> = new Set(['client/missing', 'client/too-old', 'process/not-found']);

/** An operation that fails shows something about the backup. A signal and a defect of ours do not: they end the drill. */
async function ofTheBackup<T extends object>(
  { tools }: RehearsalRequest,
  work: () => Promise<T>,
): Promise<T | { readonly error: Failure }> {
  try {
    return await work();
  } catch (error) {
    if (tools.signal.aborted || !(error instanceof OperationError) || ofTheMachine.has(error.code)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

const failedCheck = (level: DrillCheck['level'], kind: DrillCheck['kind'], { message }: Failure): DrillCheck => ({
  level,
  kind,
  name: kind,
  state: 'failed',
  expected: null,
  actual: null,
  detail: message,
});

interface Proof {
  readonly checks: readonly DrillCheck[];
  readonly differences: readonly DrillDifference[];
}

/** What cannot be compared is a failed check: a drill that stopped half-way must not look like one that was never made. */
async function prove(rehearsal: RehearsalRequest, restored: RestoredDatabase): Promise<Proof> {
  const { request, events } = rehearsal;
  const checks: DrillCheck[] = [];
  let differences: readonly DrillDifference[] = [];
  if (includesLevel(request.policy.level, 'L4')) {
    events.enter('inventory');
    const facts = await ofTheBackup(rehearsal, () => proveFacts(rehearsal, restored));
    if ('error' in facts) checks.push(failedCheck('L4', 'structure', facts.error));
    else {
      differences = facts.differences;
      checks.push(...facts.checks);
    }
    events.enter('compare');
    const data = await ofTheBackup(rehearsal, () => proveData(rehearsal, restored));
    checks.push(...('error' in data ? [failedCheck('L4', 'data', data.error)] : data));
  }
  checks.push(...(await ask(rehearsal, restored)));
  events.leave();
  return { checks, differences };
}

async function proveFacts(
  { request, contents, engine, server }: RehearsalRequest,
  { database }: RestoredDatabase,
): Promise<Proof> {
  const { level } = request.policy;
  const facts = factChecks(contents, await engine.inventory(server, database, contents), engine.comparison);
  return {
    differences: includesLevel(level, 'L5')
      ? facts.differences
      : facts.differences.filter((difference) => !engine.comparison.accessKinds.has(difference.kind)),
    checks: facts.checks.filter((check) => includesLevel(level, check.level)),
  };
}

async function proveData(
  { request, contents, engine, server, tools }: RehearsalRequest,
  { database, dumpDirectory }: RestoredDatabase,
): Promise<readonly DrillCheck[]> {
  const options = { jobs: request.jobs, dumpDirectory, signal: tools.signal };
  const results = await engine.compareData(server, database, contents, options);
  // Rows that nobody looked at must not count as proven.
  const wanted = contents.entries.filter(({ kind }) => kind === 'table-data' || kind === 'large-object').length;
  if (results.length !== wanted)
    throw new InternalError(`${results.length} of ${wanted} tables and large objects were compared`);
  return dataChecks(results);
}

/** The declared questions and logins. */
async function ask(rehearsal: RehearsalRequest, { database }: RestoredDatabase): Promise<readonly DrillCheck[]> {
  const { request, engine, server, events, logins } = rehearsal;
  const checks: DrillCheck[] = [];
  if (includesLevel(request.policy.level, 'L6')) {
    events.enter('checks');
    for (const check of request.policy.checks) checks.push(await sqlCheck(check, { engine, server, database }));
  }
  if (!includesLevel(request.policy.level, 'L5')) return checks;
  events.enter('logins');
  for (const login of logins) {
    const outcome = await ofTheBackup(rehearsal, () => engine.tryLogin(server, database, login));
    checks.push(
      'error' in outcome ? { ...failedCheck('L5', 'login', outcome.error), name: login.role } : loginCheck(outcome),
    );
  }
  return checks;
}
