import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openBench, shopSpec, type Bench } from '../support/bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({
    sql: `CREATE TABLE orders AS SELECT i AS id, sha512(i::text::bytea)::text AS note FROM generate_series(1, 100000) i`,
  });
  await bench.applies();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe.runIf(process.getuid?.() === 0)('the repository’s file system', () => {
  let disk: string;
  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), 'hfdisk'));
    // 24 MB: a backup of about 9 MB fits, with a filler it does not.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    await rename(bench.work.repository, join(bench.work.path, 'first'));
    await symlink(disk, bench.work.repository);
    await bench.work.json(['repository', 'init'], { env: bench.env });
    await bench.applies();
  });
  afterAll(async () => {
    execFileSync('umount', ['-l', disk]);
    await rm(disk, { recursive: true });
  });

  test('full in the middle of a dump: red, nothing half stays, and the next run works once there is space', async () => {
    const before = await bench.committed();
    const filler = join(disk, 'filler');
    await writeFile(filler, Buffer.alloc(11 * 1024 ** 2));
    const ran = await bench.backup(['apply', '--auto-approve', '--now']);
    expect(ran.stdout).toMatch(/repository\/full|dump\/failed/);
    expect(ran.code, ran.stdout + ran.stderr).toBe(1);
    await bench.nothingLeft();
    expect(await bench.committed()).toEqual(before);
    expect(await readdir(join(disk, 'data'))).toEqual(before);
    await rm(filler);
    expect(await bench.sound()).toEqual(before);
    expect(await bench.applies()).toHaveLength(before.length + 1);
  });

  test('read-only: a back-up is red and says so, and the backups in it stay whole', async () => {
    const before = await bench.committed();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const ran = await bench.backup(['apply', '--auto-approve', '--now']);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    expect(ran.stdout + ran.stderr).toMatch(/repository\/unreachable/);
    expect(ran.stdout).toContain('Mount it for writing');
    expect(ran.code, ran.stdout + ran.stderr).not.toBe(0);
    expect(await bench.sound()).toEqual(before);
  });

  test('unmounted: it does not look like a new repository', async () => {
    execFileSync('umount', [disk]);
    const ran = await bench.backup(['apply', '--auto-approve', '--now']);
    expect(ran.stdout + ran.stderr).toContain('repository/not-initialised');
    expect(ran.code).toBe(24);
    expect(await readdir(disk)).toEqual([]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]);
    await rm(bench.work.repository);
    await rename(join(bench.work.path, 'first'), bench.work.repository);
  });
});

test.runIf(process.getuid?.() === 0)(
  'a full temporary directory is named as such, and not as the repository',
  async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'hftmp'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', temporary]);
    onTestFinished(async () => {
      execFileSync('umount', ['-l', temporary]);
      await rm(temporary, { recursive: true });
    });
    const onto = ['--to', 'main', '--allow-source', '--as', 'elsewhere'];
    const { outcomes } = await bench.work.json<{ outcomes: readonly object[] }>(['restore', 'main/shop', ...onto], {
      code: 1,
      env: { ...bench.env, TMPDIR: temporary },
    });
    expect(outcomes).toMatchObject([
      { error: { code: 'process/no-scratch', hint: expect.stringContaining('set TMPDIR') as string } },
    ]);
    expect(await bench.sound()).toEqual(await bench.committed());
  },
);

test('a symbolic link inside the repository is followed by nobody', async () => {
  const before = await bench.committed();
  const outside = join(bench.work.path, 'outside');
  await mkdir(outside);
  await rename(join(bench.work.repository, 'data'), join(bench.work.path, 'data'));
  await symlink(outside, join(bench.work.repository, 'data'));
  const ran = await bench.backup(['apply', '--auto-approve', '--now']);
  expect(ran.code, ran.stdout + ran.stderr).not.toBe(0);
  expect(await readdir(outside)).toEqual([]);
  await rm(join(bench.work.repository, 'data'));
  await rename(join(bench.work.path, 'data'), join(bench.work.repository, 'data'));
  expect(await bench.sound()).toEqual(before);
});

test('with 64 open files, 200 tables are backed up and verified', async () => {
  await bench.server.sql('postgres', 'CREATE DATABASE many');
  await bench.server.sql(
    'many',
    `DO $$ BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE TABLE t%s AS SELECT g FROM generate_series(1, 10) g', i); END LOOP; END $$`,
  );
  const spec = shopSpec(bench.server) as { databases: { shop: object } };
  await bench.work.spec({ ...spec, databases: { many: spec.databases.shop } });
  const limited = (...args: string[]): string =>
    execFileSync(
      '/bin/sh',
      [
        '-c',
        'ulimit -n 64 && exec "$@"',
        'sh',
        process.execPath,
        join(import.meta.dirname, '../../src/cli/main.ts'),
        ...args,
      ],
      {
        cwd: bench.work.path,
        env: { PATH: process.env['PATH'], HOME: bench.work.path, CI: 'true', ...bench.env },
        encoding: 'utf8',
      },
    );
  expect(limited('apply', '--auto-approve', '--now')).toContain('200 tables');
  limited('verify', 'main/many');
  await bench.nothingLeft();
});
