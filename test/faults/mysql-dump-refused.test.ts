import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperationError } from '../../src/base/operation-error.ts';
import { Secret } from '../../src/base/secret.ts';
import { flavours as kinds } from '../../src/engine/mysql/flavour.ts';
import { openSession } from '../../src/engine/mysql/session.ts';
import { captureMysql } from '../support/capture-mysql.ts';
import { placeLauncher } from '../support/launcher.ts';
import { flavours, startMysql, type TestMysql } from '../support/mysql.ts';

/** The tool's own sessions come in, and the dump program is refused: it gets these options too. */
interface Refusal {
  readonly what: string;
  readonly options: readonly string[];
  readonly transient: boolean;
  readonly told: RegExp;
  readonly hint?: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    what: 'with a wrong password',
    options: ['--password=wrong'],
    transient: false,
    told: /Access denied for user 'root'@'localhost' .* \(error 1045\)/,
    hint: /password of root/,
  },
  {
    what: 'as a locked account',
    options: ['--user=locked'],
    transient: false,
    told: /locked\.? \(error (?:3118|4151)\)/,
  },
  {
    what: 'as an account that is connected often enough',
    options: ['--user=single'],
    transient: true,
    told: /'max_user_connections' resource .* \(error 1226\)/,
    hint: /dump\.jobs/,
  },
  {
    what: 'as an account that connected often enough this hour',
    options: ['--user=hourly'],
    transient: false,
    told: /'max_connections_per_hour' resource .* \(error 1226\)/,
    hint: /limits of root/,
  },
  {
    what: 'where nobody listens any more',
    options: ['--protocol=socket', '--host=localhost', '--socket=/nowhere'],
    transient: true,
    told: /Can't connect to local/,
    hint: /No server listens/,
  },
  {
    what: 'of a name that stands for no host',
    options: ['--protocol=tcp', '--host=absent.invalid'],
    transient: false,
    told: /'absent\.invalid'/,
    hint: /Check the host name/,
  },
];

describe.each(flavours)('$engine $version', (flavour) => {
  let server: TestMysql;
  const held: AsyncDisposable[] = [];
  beforeAll(async () => {
    server = await startMysql(flavour);
    for (const statement of [
      'CREATE DATABASE shop',
      'CREATE TABLE shop.small (a int)',
      "CREATE USER locked@localhost IDENTIFIED BY 'root' ACCOUNT LOCK",
      "CREATE USER single@localhost IDENTIFIED BY 'root' WITH MAX_USER_CONNECTIONS 1",
      "CREATE USER hourly@localhost IDENTIFIED BY 'root' WITH MAX_CONNECTIONS_PER_HOUR 1",
    ])
      await server.sql(undefined, statement);
    const { connection, ...access } = server.access();
    for (const user of ['single', 'hourly'])
      held.push(
        await openSession(
          { ...access, connection: { ...connection, user, password: new Secret('root') } },
          kinds[flavour.engine],
        ),
      );
  });
  afterAll(async () => {
    for (const session of held) await session[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test.for(refusals)('a dump program refused $what is told as that', async ({ options, transient, told, hint }) => {
    const folder = await mkdtemp(join(tmpdir(), 'hf-clients-'));
    const [dump, client] = flavour.engine === 'mysql' ? ['mysqldump', 'mysql'] : ['mariadb-dump', 'mariadb'];
    try {
      // Its own option file comes first, or is none.
      const script = `first=$1; shift; exec "${join(server.binaries, dump)}" "$first" ${options.join(' ')} "$@"`;
      placeLauncher(join(folder, dump), ['/bin/sh', '-c', script, 'sh']);
      await symlink(join(server.binaries, client), join(folder, client));
      const failure = await captureMysql(server, 'shop', { access: { clients: folder }, dump: { jobs: 1 } }).then(
        () => undefined,
        (error: unknown) => error as OperationError,
      );
      expect(failure).toMatchObject({ code: 'source/connect', transient });
      expect(failure?.message).toMatch(/^(?:mysqldump|mariadb-dump)’s connection to server failed: /);
      expect(failure?.message).toMatch(told);
      expect(failure?.hint ?? '').toMatch(hint ?? /^$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('an account that is connected often enough is worth another try, one by the hour is not', async () => {
    const { connection, ...access } = server.access();
    for (const [user, transient] of [
      ['single', true],
      ['hourly', false],
    ] as const)
      await expect(
        openSession(
          { ...access, connection: { ...connection, user, password: new Secret('root') } },
          kinds[flavour.engine],
        ),
      ).rejects.toMatchObject({ code: 'source/connect', transient, errno: 1226 });
  });
});
