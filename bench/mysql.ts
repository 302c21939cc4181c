import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../src/base/bytes.ts';
import { productNames } from '../src/base/engine-name.ts';
import { startMysql, type TestFlavour, type TestMysql } from '../test/support/mysql.ts';
import { holdfast, inTurns, medianRatio, peakBytes, type Run, timed } from './measure.ts';
import { startMysqlSource } from './mysql-source.ts';
import { database } from './postgresql-source.ts';
import { section, type Report } from './table.ts';

export interface MysqlScope {
  readonly flavour: TestFlavour;
  readonly scale: number;
  readonly rounds: number;
  /** A directory to work in. */
  readonly folder: string;
}

const jobs = 2;
/** What a careful operator would give by hand; the same that Holdfast needs for a whole dump. */
const dumpArguments = ['--single-transaction', '--routines', '--events', '--triggers', '--hex-blob'];

/** Backups and drills of one large database against the vendor's own programs in a pipe. */
export async function mysqlBackupAndDrill({ flavour, scale, rounds, folder: above }: MysqlScope): Promise<Report> {
  const name = `${productNames[flavour.engine]} ${flavour.version}`;
  const dumpProgram = flavour.engine === 'mysql' ? 'mysqldump' : 'mariadb-dump';
  process.stderr.write(`${name}: making the source\n`);
  await using source = await startMysqlSource(flavour, scale);
  const folder = join(above, `${flavour.engine}-${flavour.version}`);
  await mkdir(folder);
  await writeFile(join(folder, 'backup.yaml'), specFor(source));
  await writeFile(join(folder, 'password'), source.password, { mode: 0o600 });
  const file = join(folder, 'dump.sql');
  const piped = (compressor: string): Promise<Run> =>
    timed({
      program: 'sh',
      args: ['-c', `out=$1; shift; "$@" | ${compressor} >"$out"`, 'sh', file, ...dumpCommand(source, dumpProgram)],
      env: { MYSQL_PWD: source.password },
    });

  process.stderr.write(`${name}: backups\n`);
  let plainBytes = 0;
  const backups = await inTurns(rounds, {
    gzip: () => piped('gzip -6'),
    zstd: () => piped('zstd -3 -q'),
    plain: async () => {
      const run = await piped('cat');
      plainBytes = (await stat(file)).size;
      return run;
    },
    apply: async () => {
      await rm(join(folder, 'backups'), { recursive: true, force: true });
      await holdfast(folder, 'repository', 'init');
      return holdfast(folder, 'apply', '--auto-approve', '--progress', 'none');
    },
  });

  process.stderr.write(`${name}: drills\n`);
  await piped('zstd -3 -q');
  const drills = await inTurns(rounds, {
    restore: () => rawRestore(source, file),
    drill: () => holdfast(folder, 'drill', '--format', 'json', '--progress', 'none'),
  });
  await rm(folder, { recursive: true, force: true });

  const apply = { what: '`backup apply`', runs: backups.apply };
  const text = section(
    `One database of ${formatBytes(plainBytes)} as SQL, ${name}`,
    `Median of ${rounds} rounds in turns. The pipes write to the same disk; the raw restore fills the same kind of throwaway server, already running.`,
    [
      {
        what: `\`backup apply\`: accounts, dump (${jobs} jobs, zstd:3), inventory, every byte proven`,
        runs: backups.apply,
        against: { what: `${dumpProgram} \\| zstd -3`, runs: backups.zstd },
      },
      { ...apply, against: { what: `${dumpProgram} \\| gzip -6`, runs: backups.gzip } },
      { ...apply, against: { what: `${dumpProgram}, not compressed`, runs: backups.plain } },
      {
        what: '`backup drill`, from nothing to torn down',
        runs: drills.drill,
        against: { what: `zstd -dc \\| ${flavour.engine}`, runs: drills.restore },
      },
    ],
  );
  return {
    section: text,
    figures: [
      { of: 'dump | gzip -6 / apply', where: name, value: medianRatio(backups.gzip, backups.apply) },
      { of: 'peak of apply', where: name, value: peakBytes(backups.apply) },
      { of: 'peak of drill', where: name, value: peakBytes(drills.drill) },
    ],
  };
}

function dumpCommand(source: TestMysql, program: string): readonly string[] {
  return [
    join(source.binaries, program),
    '--no-defaults',
    `--socket=${source.socket}`,
    `--user=${source.user}`,
    ...dumpArguments,
    database,
  ];
}

async function rawRestore(source: TestMysql, file: string): Promise<Run> {
  await using target = await startMysql({ engine: source.engine, version: source.version });
  await target.sql(undefined, `CREATE DATABASE ${database}`);
  const client = join(target.binaries, target.engine);
  const args = ['--no-defaults', `--socket=${target.socket}`, `--user=${target.user}`, database];
  return await timed({
    program: 'sh',
    args: ['-c', 'in=$1; shift; zstd -dcq "$in" | "$@"', 'sh', file, client, ...args],
    env: { MYSQL_PWD: target.password },
  });
}

function specFor(source: TestMysql): string {
  const place = JSON.stringify(source.binaries);
  return `version: 1
repositories:
  primary: { type: filesystem, path: ./backups }
servers:
  main:
    engine: ${source.engine}
    host: ${JSON.stringify(source.socket)}
    user: ${source.user}
    password: { file: ./password }
    clients: ${place}
targets:
  spare: { engine: ${source.engine}, local: { binaries: ${place} } }
databases:
  ${database}: { server: main, dump: { jobs: ${jobs} }, drill: { every: 7d, target: spare } }
`;
}
