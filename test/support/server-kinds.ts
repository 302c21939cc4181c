import { createConnection, type ConnectionConfig } from 'mariadb';
import pg from 'pg';
import type { Connection } from '../../src/base/connection.ts';
import type { EngineName } from '../../src/base/engine-name.ts';
import { mysqlContainerRecipe } from '../../src/engine/mysql/container-recipe.ts';
import { mysqlLocalRecipe } from '../../src/engine/mysql/local-recipe.ts';
import { postgresqlContainerRecipe } from '../../src/engine/postgresql/container-recipe.ts';
import { postgresqlLocalRecipe } from '../../src/engine/postgresql/local-recipe.ts';
import type { ContainerRecipe, LocalRecipe } from '../../src/target/recipe.ts';

/** What tests of targets need to know about one kind of server, in its own words. */
export interface ServerKind {
  readonly engine: EngineName;
  readonly local: LocalRecipe;
  readonly container: ContainerRecipe;
  /** What a new server is led by. */
  readonly bootstrapRole: string;
  readonly hasTablespaces: boolean;
  /** Ways of keeping passwords that every drill server has to know. */
  verifiers(series: string): readonly string[];
  /** Code of the error that refuses a wrong password. */
  readonly wrongPassword: string;
  connect(connection: Connection): Promise<ServerClient>;
}

/** A connection of a test. */
export interface ServerClient extends AsyncDisposable {
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<void>;
  run(sql: string): Promise<void>;
  /** The one value of a query, as text. */
  value(sql: string): Promise<string>;
  /** Release series, and who leads the server. */
  describe(): Promise<{ readonly series: string; readonly bootstrapRole: string }>;
  makeLogin(name: string, password: string, verifier: string): Promise<void>;
}

export const serverKinds: Readonly<Record<EngineName, ServerKind>> = {
  postgresql: {
    engine: 'postgresql',
    local: postgresqlLocalRecipe,
    container: postgresqlContainerRecipe,
    bootstrapRole: 'chief',
    hasTablespaces: true,
    verifiers: () => ['scram-sha-256', 'md5'],
    // invalid_password (manual, appendix "PostgreSQL Error Codes")
    wrongPassword: '28P01',
    connect: connectPostgresql,
  },
  mysql: {
    engine: 'mysql',
    local: mysqlLocalRecipe('mysql'),
    container: mysqlContainerRecipe('mysql'),
    bootstrapRole: 'root',
    hasTablespaces: false,
    verifiers: () => ['caching_sha2_password', 'sha256_password'],
    wrongPassword: 'ER_ACCESS_DENIED_ERROR',
    connect: connectMysql,
  },
  mariadb: {
    engine: 'mariadb',
    local: mysqlLocalRecipe('mariadb'),
    container: mysqlContainerRecipe('mariadb'),
    bootstrapRole: 'root',
    hasTablespaces: false,
    // PARSEC came with 11.6.
    verifiers: (series) => ['mysql_native_password', 'ed25519', ...(series === '11.8' ? ['parsec'] : [])],
    wrongPassword: 'ER_ACCESS_DENIED_ERROR',
    connect: connectMysql,
  },
};

/** `accepted`, or the code with which it was refused. */
export async function connectAs(kind: ServerKind, connection: Connection): Promise<string> {
  try {
    await using _ = await kind.connect(connection);
    return 'accepted';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function connectPostgresql(connection: Connection): Promise<ServerClient> {
  const { host, port, user, password } = connection;
  const secret = password === undefined ? {} : { password: password.reveal() };
  const client = new pg.Client({ host, port, user, ...secret, database: 'postgres' });
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  client.on('error', () => undefined);
  await client.connect();
  const value = async (sql: string): Promise<string> => {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return String(Object.values(rows[0] ?? {})[0]);
  };
  return {
    ended,
    value,
    run: async (sql) => void (await client.query(sql)),
    describe: async () => ({
      series: await value("SELECT current_setting('server_version_num')::int / 10000"),
      bootstrapRole: await value('SELECT pg_get_userbyid(10)'),
    }),
    makeLogin: async (name, secretText, verifier) => {
      await client.query(`SET password_encryption = '${verifier}'`);
      await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${secretText}'`);
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function connectMysql(connection: Connection): Promise<ServerClient> {
  const { host, port, user, password } = connection;
  const config: ConnectionConfig = {
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    user,
    allowPublicKeyRetrieval: true,
    connectTimeout: 60_000,
    typeCast: (column) => column.string(),
  };
  const client = await createConnection(config);
  const ended = new Promise<void>((resolve) => {
    client.once('end', resolve);
    client.on('error', () => resolve());
  });
  const value = async (sql: string): Promise<string> => {
    const rows = await client.query<Record<string, unknown>[]>(sql);
    return String(Object.values(rows[0] ?? {})[0]);
  };
  return {
    ended,
    value,
    run: async (sql) => void (await client.query(sql)),
    describe: async () => ({
      series: await value("SELECT SUBSTRING_INDEX(VERSION(), '.', 2)"),
      bootstrapRole: await value("SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)"),
    }),
    makeLogin: async (name, secretText, verifier) => {
      const mariadb = (await value('SELECT VERSION()')).includes('MariaDB');
      const how = mariadb ? `VIA ${verifier} USING PASSWORD('${secretText}')` : `WITH ${verifier} BY '${secretText}'`;
      await client.query(`CREATE USER ${name}@'%' IDENTIFIED ${how}`);
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
