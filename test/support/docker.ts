import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

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

/** Name of the local image with PostgreSQL of that major version; undefined where set-up has not made it. It is never pulled. */
export async function imageFor(major: number): Promise<string | undefined> {
  if (!(await dockerAvailable())) return undefined;
  const name = `holdfast-test/postgres:${major}`;
  return run('docker', ['image', 'inspect', name]).then(
    () => name,
    () => undefined,
  );
}
