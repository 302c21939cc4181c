import { describe, expect, test } from 'vitest';
import { serverTarget } from '../../src/target/server/server.ts';
import { majors, startPostgresql } from '../support/postgresql.ts';
import { checkTarget, leaseRequest } from './target.ts';

for (const major of majors) {
  describe(`declared server, PostgreSQL ${major}`, () => {
    checkTarget(async () => {
      const server = await startPostgresql({ major, bootstrapRole: 'chief', hba: ['local all all md5'] });
      const { connection } = server.access();
      return {
        target: serverTarget({ name: 'spare', maintenanceDatabase: 'postgres', disposable: true }, connection),
        major,
        bootstrapRole: 'chief',
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
    await expect(target.lease(leaseRequest(15))).rejects.toMatchObject({ code: 'target/not-disposable' });
  });
});
