import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/base/connection.ts';
import { serverTarget } from '../../src/target/server/server.ts';
import { flavours, startMysql, type TestFlavour } from '../support/mysql.ts';
import { majors, startPostgresql } from '../support/postgresql.ts';
import { serverKinds, type ServerKind } from '../support/server-kinds.ts';
import { checkTarget, leaseRequest } from './target.ts';

interface Declared {
  readonly kind: ServerKind;
  readonly series: string;
  readonly start: () => Promise<AsyncDisposable & { access(): { readonly connection: Connection } }>;
}

const declared: readonly Declared[] = [
  ...majors.map((major) => ({
    kind: serverKinds.postgresql,
    series: String(major),
    start: () => startPostgresql({ major, bootstrapRole: 'chief', hba: ['local all all md5'] }),
  })),
  ...flavours.map((flavour) => ({
    kind: serverKinds[flavour.engine],
    series: flavour.version,
    start: () => startMysql({ ...flavour, settings: pluginsFor(flavour) }),
  })),
];

/** Unlike a server that is made for a drill, a declared one has what its owner gave it. */
function pluginsFor({ engine, version }: TestFlavour): Readonly<Record<string, string>> {
  if (engine === 'mysql') return {};
  const plugins = serverKinds.mariadb.verifiers(version).filter((name) => name !== 'mysql_native_password');
  return { 'plugin-load-add': plugins.map((name) => `auth_${name}`).join(';') };
}

for (const { kind, series, start } of declared) {
  describe(`declared server, ${kind.engine} ${series}`, () => {
    checkTarget(series, async () => {
      const server = await start();
      const { connection } = server.access();
      return {
        target: serverTarget({ name: 'spare', maintenanceDatabase: 'postgres', disposable: true }, connection),
        kind,
        series,
        provenance: 'declared',
        leftovers: async () => [],
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    });
  });
}

describe('a declared server that is not disposable', () => {
  test('is not leased', async () => {
    const connection = { host: '/nowhere', port: 5432, user: 'chief', tls: { mode: 'disable' } } as const;
    const target = serverTarget({ name: 'spare', maintenanceDatabase: 'postgres', disposable: false }, connection);
    await expect(target.lease(leaseRequest('15'))).rejects.toMatchObject({ code: 'target/not-disposable' });
  });
});
