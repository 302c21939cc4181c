import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../src/base/bytes.ts';
import { postgresqlLocalRecipe } from '../src/engine/postgresql/local-recipe.ts';
import { localTarget } from '../src/target/local/local.ts';
import type { TestServer } from '../test/support/postgresql.ts';
import { holdfast, inTurns, medianRatio, peakBytes, type Run, timed } from './measure.ts';
import { database, startSource } from './postgresql-source.ts';
import { type Report, section } from './table.ts';

export interface Scope {
  readonly major: number;
  readonly scale: number;
  readonly rounds: number;
  /** A directory to work in. */
  readonly folder: string;
}

const jobs = 2;

/** Backups and drills of one large database against the vendor's programs with the same parallelism and compression. */
export async function backupAndDrill(scope: Scope): Promise<Report> {
  const { major, rounds } = scope;
  process.stderr.write(`PostgreSQL ${major}: making the source\n`);
  await using source = await startSource(major, scope.scale);
  const [size] = await source.sql('postgres', `SELECT pg_database_size('${database}') AS bytes`);
  const folder = join(scope.folder, String(major));
  await mkdir(folder);
  await writeFile(join(folder, 'backup.yaml'), specFor(source));
  const compression = major >= 16 ? 'zstd:3' : 'gzip:1';
  const raw = { env: { PGHOST: source.socket, PGPORT: String(source.port), PGUSER: source.user } };
  const dump = join(folder, 'dump');
  const program = (name: string): string => join(source.binaries, name);

  process.stderr.write(`PostgreSQL ${major}: backups\n`);
  const backups = await inTurns(rounds, {
    dump: async () => {
      await rm(dump, { recursive: true, force: true });
      return timed({
        ...raw,
        program: program('pg_dump'),
        args: ['-Fd', `-j${jobs}`, `-Z${major >= 16 ? compression : '1'}`, '-f', dump, database],
      });
    },
    apply: async () => {
      await rm(join(folder, 'backups'), { recursive: true, force: true });
      await holdfast(folder, 'repository', 'init');
      return holdfast(folder, 'apply', '--auto-approve', '--progress', 'none');
    },
    gzip: async () => {
      const file = join(folder, 'dump.sql.gz');
      const run = await timed({
        ...raw,
        program: 'sh',
        args: ['-c', '"$1" "$2" | gzip -6 >"$3"', 'sh', program('pg_dump'), database, file],
      });
      await rm(file);
      return run;
    },
  });

  process.stderr.write(`PostgreSQL ${major}: drills\n`);
  const reports: DrillTimes[] = [];
  const drills = await inTurns(rounds, {
    restore: () => rawRestore(source, dump),
    drill: async () => {
      const run = await holdfast(folder, 'drill', '--format', 'json', '--progress', 'none');
      reports.push(JSON.parse(run.stdout) as DrillTimes);
      return run;
    },
  });
  await rm(folder, { recursive: true, force: true });

  const phase = (...names: readonly string[]): readonly Run[] =>
    reports.map(({ drills: [report] }) => ({
      ms: (report?.phases ?? []).filter(({ phase: name }) => names.includes(name)).reduce((sum, { ms }) => sum + ms, 0),
      peakBytes: 0,
      processorMs: 0,
      stdout: '',
    }));
  const against = { what: `pg_dump -Fd -j${jobs}, ${compression}`, runs: backups.dump };
  const restoring = { what: `pg_restore -C -j${jobs}`, runs: drills.restore };
  const text = section(
    `One database of ${formatBytes(Number(size?.['bytes']))}, PostgreSQL ${major}`,
    `Median of ${rounds} rounds in turns. The raw programs write or read the same disk; pg_restore fills the same kind of throwaway server, already running.`,
    [
      {
        what: `\`backup apply\`: roles, dump (${jobs} jobs, ${compression}), inventory, every byte proven`,
        runs: backups.apply,
        against,
      },
      { what: '`backup apply`', runs: backups.apply, against: { what: 'pg_dump \\| gzip -6', runs: backups.gzip } },
      {
        what: 'drill: roles, database and data restored',
        runs: phase('roles', 'database', 'data'),
        against: restoring,
      },
      { what: 'drill: ANALYZE', runs: phase('analyze') },
      { what: 'drill: inventory and every row compared', runs: phase('inventory', 'compare') },
      { what: '`backup drill`, from nothing to torn down', runs: drills.drill, against: restoring },
    ],
  );
  const where = `PostgreSQL ${major}`;
  return {
    section: text,
    figures: [
      {
        of: major >= 16 ? 'apply / pg_dump zstd' : 'apply / pg_dump gzip',
        where,
        value: medianRatio(backups.apply, backups.dump),
      },
      { of: 'dump | gzip -6 / apply', where, value: medianRatio(backups.gzip, backups.apply) },
      { of: 'drill / pg_restore', where, value: medianRatio(drills.drill, drills.restore) },
      { of: 'peak of apply', where, value: peakBytes(backups.apply) },
      { of: 'peak of drill', where, value: peakBytes(drills.drill) },
    ],
  };
}

interface DrillTimes {
  readonly drills: readonly { readonly phases: readonly { readonly phase: string; readonly ms: number }[] }[];
}

async function rawRestore(source: TestServer, dump: string): Promise<Run> {
  const target = localTarget({ name: 'raw', binaries: source.binaries }, postgresqlLocalRecipe);
  await using lease = await target.lease({
    series: String(source.major),
    bootstrapRole: source.user,
    bytesNeeded: 0,
    settings: {},
    signal: new AbortController().signal,
  });
  const { host, port, user, password } = lease.connection;
  return await timed({
    program: join(source.binaries, 'pg_restore'),
    args: ['-C', '-d', 'postgres', `-j${jobs}`, '--exit-on-error', dump],
    env: { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password?.reveal() ?? '' },
  });
}

function specFor(source: TestServer): string {
  const place = JSON.stringify(source.binaries);
  return `version: 1
repositories:
  primary: { type: filesystem, path: ./backups }
servers:
  main: { engine: postgresql, host: ${JSON.stringify(source.socket)}, port: ${source.port}, user: ${source.user}, clients: ${place} }
targets:
  spare: { engine: postgresql, local: { binaries: ${place} } }
databases:
  ${database}: { server: main, dump: { jobs: ${jobs} }, drill: { every: 7d, target: spare } }
`;
}
