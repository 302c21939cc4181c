import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { onFreePort } from '../support/free-port.ts';
import { majors, startPostgresql, type TestServer } from '../support/postgresql.ts';

test.for(majors)('PostgreSQL %i starts as itself, with an identity of its own', async (major) => {
  await using one = await startPostgresql({ major });
  await using two = await startPostgresql({ major, bootstrapRole: 'enterprise db' });
  const ask = `SELECT system_identifier, current_setting('server_version_num')::int / 10000 AS major,
                      (SELECT rolname FROM pg_roles WHERE oid = 10) AS bootstrap FROM pg_control_system()`;
  const [first] = await one.sql('postgres', ask);
  const [second] = await two.sql('postgres', ask);
  expect(first).toMatchObject({ major: String(major), bootstrap: 'postgres' });
  expect(second).toMatchObject({ major: String(major), bootstrap: 'enterprise db' });
  expect(first?.['system_identifier']).not.toBe(second?.['system_identifier']);
});

test('psql scripts stop at their first error', async () => {
  await using server = await startPostgresql();
  await server.psql('postgres', 'CREATE TABLE :name (id int);\nINSERT INTO :name VALUES (1);\n', { name: 'kept' });
  await expect(server.psql('postgres', 'DELETE FROM gone;\nDELETE FROM kept;\n')).rejects.toThrow(
    '"gone" does not exist',
  );
  expect(await server.sql('postgres', 'SELECT id FROM kept')).toEqual([{ id: '1' }]);
});

test('a server goes to another port where somebody takes its own meanwhile', async () => {
  const startOn = (port: number): Promise<TestServer> =>
    startPostgresql({ settings: { listen_addresses: '127.0.0.1', port: String(port) } });
  await using first = await onFreePort(startOn);
  let attempts = 0;
  await using second = await onFreePort((port) => startOn((attempts += 1) === 1 ? first.port : port));
  expect(attempts).toBe(2);
  expect(second.port).not.toBe(first.port);
});

test('a server ends with the process that started it, however that ends', async () => {
  const program = fileURLToPath(new URL('../fixtures/programs/holds-a-server.ts', import.meta.url));
  const holder = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string];
  const { directory, guard } = JSON.parse(line) as { directory: string; guard: number };
  expect((await stat(directory)).isDirectory()).toBe(true);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await expect.poll(() => isAlive(guard)).toBe(false);
  await expect(stat(directory)).rejects.toThrow('ENOENT');
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
