import { OperationError } from '../base/operation-error.ts';
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
  /** From the start of the fetch to the end of ANALYZE: what an operator would have waited. Undefined where the restore failed. */
  readonly restoreMs: number | undefined;
  /** Removes what the restore made on a declared server. */
  readonly clear: () => Promise<void>;
}

export interface RehearsalRequest {
  readonly request: DrillRequest;
  readonly manifest: Manifest;
  readonly contents: Contents;
  readonly engine: Engine;
  readonly server: CleanServer;
  readonly lease: TargetLease;
  readonly events: PhaseEvents;
  readonly tools: Tools;
}

/** Fetch, restore and every check that the level asks for. What goes wrong with the backup is part of the result. */
export async function rehearse(rehearsal: RehearsalRequest): Promise<Rehearsal> {
  const { request, manifest, contents, engine, server, lease, tools } = rehearsal;
  const restoreRequest: RestoreRequest = {
    manifest,
    contents,
    jobs: request.jobs,
    overwriteRoles: false,
    overwriteDatabase: false,
    ...(lease.tablespaceRoot === undefined ? {} : { tablespaceRoot: lease.tablespaceRoot }),
    signal: tools.signal,
  };
  const base = { clear: () => engine.clear(server, restoreRequest) };
  const since = tools.clock.monotonicMs();
  const restored = await restoreForDrill(rehearsal, restoreRequest);
  if (restored.error !== undefined)
    return {
      ...base,
      restoration: { state: 'failed', error: restored.error },
      checks: [failedRestore(restored.error)],
      differences: [],
      notes: [],
      restoreMs: undefined,
    };
  const restoreMs = tools.clock.monotonicMs() - since;
  const proof = await prove(rehearsal, restored.database);
  const checks: DrillCheck[] = [
    { level: 'L3', kind: 'restore', name: 'restore', state: 'passed', expected: null, actual: null, detail: null },
    ...proof.checks,
  ];
  return {
    ...base,
    restoration: { state: 'succeeded', error: null },
    checks,
    differences: proof.differences,
    notes: restored.notes,
    restoreMs,
  };
}

type Restored =
  | {
      readonly error: { readonly code: string; readonly message: string };
      readonly database?: undefined;
      readonly notes?: undefined;
    }
  | { readonly error?: undefined; readonly database: string; readonly notes: readonly string[] };

async function restoreForDrill(
  { request, contents, engine, server, events, tools }: RehearsalRequest,
  restoreRequest: RestoreRequest,
): Promise<Restored> {
  try {
    events.enter('fetch');
    await using source = await artefactSource(request.repository, contents);
    await source.dumpDirectory();
    const obstacles = (await engine.checkTarget(server, restoreRequest)).filter(
      (diagnostic) => diagnostic.severity === 'error',
    );
    const [first] = obstacles;
    if (first !== undefined)
      throw new OperationError(first.code, obstacles.map((diagnostic) => diagnostic.summary).join('; '));
    const report = await engine.restore(server, restoreRequest, source, { step: (phase) => events.enter(phase) });
    events.leave();
    return { database: report.database, notes: report.notes };
  } catch (error) {
    if (tools.signal.aborted || !(error instanceof OperationError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

const failedRestore = (error: { readonly message: string }): DrillCheck => ({
  level: 'L3',
  kind: 'restore',
  name: 'restore',
  state: 'failed',
  expected: null,
  actual: null,
  detail: error.message,
});

async function prove(
  { request, contents, engine, server, events, tools }: RehearsalRequest,
  database: string,
): Promise<{ readonly checks: readonly DrillCheck[]; readonly differences: readonly DrillDifference[] }> {
  const { policy } = request;
  const checks: DrillCheck[] = [];
  let differences: readonly DrillDifference[] = [];
  if (includesLevel(policy.level, 'L4')) {
    events.enter('inventory');
    const facts = factChecks(contents, await engine.inventory(server, database, contents), engine.comparison);
    differences = includesLevel(policy.level, 'L5')
      ? facts.differences
      : facts.differences.filter((difference) => !engine.comparison.accessKinds.has(difference.kind));
    checks.push(...facts.checks.filter((check) => includesLevel(policy.level, check.level)));
    events.enter('compare');
    checks.push(
      ...dataChecks(await engine.compareData(server, database, contents, { jobs: request.jobs, signal: tools.signal })),
    );
  }
  if (includesLevel(policy.level, 'L6')) {
    events.enter('checks');
    for (const check of policy.checks) checks.push(await sqlCheck(check, { engine, server, database }));
  }
  if (includesLevel(policy.level, 'L5')) {
    events.enter('logins');
    for (const login of policy.logins) {
      const password = await tools.secrets.read(login.password);
      checks.push(loginCheck(await engine.tryLogin(server, database, { role: login.role, password })));
    }
  }
  events.leave();
  return { checks, differences };
}
