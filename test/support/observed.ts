import { createHash } from 'node:crypto';
import type { Diagnostic, Place } from '../../src/base/diagnostic.ts';
import { duration, type Duration } from '../../src/base/duration.ts';
import { instant, type Instant } from '../../src/base/instant.ts';
import { backupId } from '../../src/manifest/keys.ts';
import { holdsOf } from '../../src/plan/holds.ts';
import type {
  BackupSummary,
  Observed,
  ObservedDatabase,
  ObservedRepository,
  ObservedServer,
} from '../../src/plan/observed.ts';
import type { Desired, DesiredDatabase, Policy, Retention } from '../../src/spec/desired.ts';

/** Builders of small worlds for the planner. All times are relative to `now`, so that tests read as ages. */
export const now: Instant = instant(Date.UTC(2026, 10, 22, 9, 12, 4));
export const hours = (count: number): Duration => duration(count * 3_600_000);
export const days = (count: number): Duration => hours(count * 24);
export const ago = (span: Duration): Instant => instant(now - span);

export const noRetention: Retention = {
  last: 0,
  hourly: 0,
  daily: 0,
  weekly: 0,
  monthly: 0,
  yearly: 0,
  minimum: 1,
  maxRemovals: 10,
};

export function policy(change: Partial<Policy> = {}): Policy {
  return {
    name: 'gold',
    every: hours(24),
    objectives: {},
    roles: { scope: 'referenced', include: [], exclude: [], passwords: 'hashes' },
    dump: {
      jobs: 2,
      compression: 'auto',
      timeout: hours(12),
      lockWait: duration(60_000),
      excludeTables: [],
      excludeTableData: [],
      serverHashes: false,
    },
    repository: 'primary',
    retention: { ...noRetention, last: 3 },
    verify: {},
    drill: { level: 'L5', checks: [], logins: [] },
    ...change,
  };
}

export function place(line: number): Place {
  return { file: 'backup.yaml', line, column: 3, endColumn: 12 };
}

export function database(name: string, change: Partial<DesiredDatabase> = {}): DesiredDatabase {
  return {
    key: name,
    server: 'srv',
    select: { kind: 'name', database: name },
    policy: policy(),
    place: place(31),
    ...change,
  };
}

export function desired(databases: readonly DesiredDatabase[], change: Partial<Desired> = {}): Desired {
  const servers = [...new Set(databases.map(({ server }) => server))];
  return {
    file: 'backup.yaml',
    digest: createHash('sha256').update('spec').digest('hex'),
    repositories: new Map([
      ['primary', { name: 'primary', type: 'filesystem', path: '/srv/backups', place: place(3) }],
    ]),
    servers: new Map(
      servers.map((name) => [
        name,
        {
          name,
          engine: 'postgresql',
          host: `${name}.internal`,
          port: 5432,
          user: 'backup',
          tls: { mode: 'prefer' },
          maintenanceDatabase: 'postgres',
          parallel: 2,
          lockInstance: false,
          place: place(8),
        },
      ]),
    ),
    targets: new Map(),
    databases,
    secretFiles: [],
    digestKey: { kind: 'env', name: 'DIGEST_KEY' },
    ...change,
  };
}

/** A backup whose snapshot is `age` old. Negative: in the future. */
export function backup(name: string, age: Duration, change: Partial<BackupSummary> = {}): BackupSummary {
  const snapshotAt = instant(now - age);
  const random = createHash('sha256')
    .update(`${name} ${age} ${change.address?.server ?? ''}`)
    .digest();
  return {
    id: backupId(snapshotAt, random),
    address: { server: 'srv', database: name },
    sequence: 1,
    previous: null,
    snapshotAt,
    tookMs: 60_000,
    plainBytes: 500_000_000,
    storedBytes: 134_000_000,
    tables: 42,
    rows: 1_200_000,
    serverVersion: '16.4',
    holds: holdsOf(policy()),
    accessFingerprint: 'f'.repeat(64),
    passwords: null,
    degradations: [],
    committedAt: instant(snapshotAt + 60_000),
    verified: undefined,
    drilled: undefined,
    ...change,
  };
}

export function repository(
  backups: readonly BackupSummary[],
  change: Partial<ObservedRepository & { state: 'ready' }> = {},
): ObservedRepository {
  return {
    name: 'primary',
    location: '/srv/backups',
    state: 'ready',
    id: 'repository-1',
    backups,
    expired: [],
    unfinished: [],
    invalidManifests: [],
    lost: [],
    diagnostics: [],
    ...change,
  };
}

export function observedDatabase(name: string, change: Partial<ObservedDatabase> = {}): ObservedDatabase {
  return { name, bytes: 600_000_000, allowsConnections: true, ...change };
}

export function server(
  databases: readonly (string | ObservedDatabase)[],
  change: Partial<ObservedServer & { state: 'reachable' }> = {},
): ObservedServer {
  return {
    name: 'srv',
    state: 'reachable',
    identity: '7412345678901234567',
    version: '16.4',
    versionNumber: 160_004,
    series: '16',
    login: { role: 'backup', superuser: false },
    client: { ok: true, version: '16.11', path: '/usr/lib/postgresql/16/bin/pg_dump' },
    databases: databases.map((item) => (typeof item === 'string' ? observedDatabase(item) : item)),
    diagnostics: [],
    ...change,
  };
}

export function observed(change: Partial<Observed> = {}): Observed {
  return { at: now, repositories: [repository([])], servers: [server([])], ...change };
}

export function unreachable(name: string): ObservedServer {
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'server/unreachable',
    summary: `${name} did not answer: connection refused`,
    help: 'Check host, port and firewall.',
    subject: name,
  };
  return { name, state: 'unreachable', diagnostic };
}
