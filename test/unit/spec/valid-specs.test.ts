import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Desired } from '../../../src/spec/desired.ts';
import { parseSpec } from '../../../src/spec/parse-spec.ts';

const root = join(import.meta.dirname, '../../..');
const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.yaml'));

function desiredOf(text: string, file = '/etc/dr/backup.yaml'): Desired {
  const result = parseSpec(text, file);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics, undefined, 1));
  expect(result.warnings).toEqual([]);
  return result.value;
}

test.each(['backup.yaml', ...examples.map((name) => join('examples', name))])(
  '%s is valid and names its schema',
  (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(desiredOf(text, join(root, file)).databases.length).toBeGreaterThan(0);
    const schema = file === 'backup.yaml' ? './schemas' : '../schemas';
    expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=${schema}/spec.v1.schema.json`);
  },
);

test('there is an example for each scenario', () => {
  expect(examples.toSorted()).toEqual([
    'container-drill.yaml',
    'disposable-server.yaml',
    'minimal.yaml',
    'mysql-and-mariadb.yaml',
    'several-servers.yaml',
    'strict-tls.yaml',
    'tenants.yaml',
  ]);
});

const head = `version: 1
repositories: { primary: { type: filesystem, path: ./backups } }
servers: { main: { engine: postgresql, host: db.internal, user: backup } }
`;

test('the least spec has every default', () => {
  const desired = desiredOf(`${head}databases: { shop: { server: main } }\n`);
  expect(desired.repositories.get('primary')?.path).toBe('/etc/dr/backups');
  expect(desired.servers.get('main')).toMatchObject({
    port: 5432,
    tls: { mode: 'prefer' },
    maintenanceDatabase: 'postgres',
    parallel: 1,
  });
  expect(desired.databases[0]?.place).toEqual({ file: '/etc/dr/backup.yaml', line: 4, column: 14, endColumn: 18 });
  expect(desired.databases[0]).toMatchObject({
    key: 'shop',
    server: 'main',
    select: { kind: 'name', database: 'shop' },
  });
  expect(desired.databases[0]?.policy).toEqual({
    name: undefined,
    every: 86_400_000,
    objectives: {},
    roles: { scope: 'referenced', include: [], exclude: [], passwords: 'hashes' },
    dump: {
      jobs: 2,
      compression: 'auto',
      timeout: 43_200_000,
      lockWait: 300_000,
      excludeTables: [],
      excludeTableData: [],
      serverHashes: false,
    },
    repository: 'primary',
    retention: { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, minimum: 3, maxRemovals: 10 },
    verify: {},
    drill: { level: 'L6', checks: [], logins: [] },
  });
});

interface SchemaPart {
  readonly properties?: Readonly<Record<string, { readonly default?: unknown }>>;
}

test('the defaults that the schema promises are the ones that hold', () => {
  const { $defs } = JSON.parse(readFileSync(join(root, 'schemas/spec.v1.schema.json'), 'utf8')) as {
    $defs: Record<string, SchemaPart>;
  };
  const policy: Readonly<Record<string, unknown>> = {
    ...desiredOf(`${head}databases: { shop: { server: main } }\n`).databases[0]?.policy,
  };
  const promised = ['roles', 'dump', 'retention', 'drill'].flatMap((section) =>
    Object.entries($defs[section]?.properties ?? {})
      .filter(([, property]) => property.default !== undefined)
      .map(([key, property]) => [section, key, property.default] as const),
  );
  expect(promised.length).toBeGreaterThan(15);
  for (const [section, key, value] of promised) expect(policy[section]).toHaveProperty(key, value);
});

test('a database goes before its policy and the policy before the defaults, key by key; lists are replaced', () => {
  const { policy } = desiredOf(`${head}
defaults: { every: 12h, dump: { jobs: 8, timeout: 1h, excludeTables: [a, b] }, retention: { daily: 7 } }
policies: { gold: { dump: { jobs: 4, compression: 'gzip:6' }, retention: { weekly: 4 } } }
databases: { shop: { server: main, policy: gold, dump: { jobs: 1, excludeTables: [c] }, retention: { daily: 30 } } }
`).databases[0] as Desired['databases'][number];
  expect(policy).toMatchObject({ name: 'gold', every: 43_200_000, retention: { daily: 30, weekly: 4 } });
  expect(policy.dump).toMatchObject({
    jobs: 1,
    timeout: 3_600_000,
    compression: { codec: 'gzip', level: 6 },
    excludeTables: ['c'],
  });
});

test('relative paths and socket directories count from the folder of the spec', () => {
  const desired = desiredOf(`version: 1
repositories: { primary: { type: filesystem, path: ../backups } }
servers:
  main: { engine: postgresql, host: ./run, user: backup, password: { file: secrets/main }, clients: bin }
databases: { tenants: { server: main, match: 't_*', except: [t_test] } }
digestKey: { env: KEY }
`);
  expect(desired.repositories.get('primary')?.path).toBe('/etc/backups');
  expect(desired.servers.get('main')).toMatchObject({
    host: '/etc/dr/run',
    tls: { mode: 'disable' },
    password: { kind: 'file', path: '/etc/dr/secrets/main' },
    clients: '/etc/dr/bin',
  });
  expect(desired.databases[0]?.select).toEqual({ kind: 'pattern', match: 't_*', except: ['t_test'] });
  expect(desired.digestKey).toEqual({ kind: 'env', name: 'KEY' });
});

test('the digest is that of the bytes, byte order mark included', () => {
  const text = `${head}databases: { shop: { server: main } }\n`;
  expect(desiredOf(text).digest).toMatch(/^[0-9a-f]{64}$/);
  expect(desiredOf(`\uFEFF${text}`).digest).not.toBe(desiredOf(text).digest);
});

test('drills of backups without roles are warned of', () => {
  const of = (drill: string): unknown => {
    const result = parseSpec(
      `${head}databases: { shop: { server: main, roles: { scope: none }${drill} } }\n`,
      'backup.yaml',
    );
    return result.ok && result.warnings.map(({ severity, code, summary }) => [severity, code, summary]);
  };
  expect(of(', drill: { every: 7d }')).toEqual([
    ['warning', 'spec/conflict', 'databases are drilled, but no role is backed up'],
  ]);
  expect(of('')).toEqual([]);
});

test('a warning alone does not refuse the spec', () => {
  const result = parseSpec(
    `${head}databases: { shop: { server: main, every: 24h, objectives: { rpo: 1h } } }\n`,
    'backup.yaml',
  );
  expect(result.ok && result.warnings.map(({ severity, code }) => [severity, code])).toEqual([
    ['warning', 'spec/conflict'],
  ]);
});
