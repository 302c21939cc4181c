import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestFlavour } from './mysql-flavours.ts';

const run = promisify(execFile);

/** Whether a Docker daemon answers. Asked once per test file. */
export async function dockerAvailable(): Promise<boolean> {
  available ??= run('docker', ['info']).then(
    () => true,
    () => false,
  );
  return available;
}

let available: Promise<boolean> | undefined;

/**
 * Name of the local image with PostgreSQL of that major version; undefined where set-up has not made it. It is never pulled.
 */
export async function imageFor(major: number): Promise<string | undefined> {
  return localImage(`holdfast-test/postgres:${major}`);
}

/** The same for MySQL and MariaDB. */
export async function mysqlImageFor({ engine, version }: TestFlavour): Promise<string | undefined> {
  return localImage(`holdfast-test/${engine}:${version}`);
}

async function localImage(name: string): Promise<string | undefined> {
  if (!(await dockerAvailable())) return undefined;
  return run('docker', ['image', 'inspect', name]).then(
    () => name,
    () => undefined,
  );
}
