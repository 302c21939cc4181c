import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSession } from '../../../src/engine/postgresql/session.ts';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { dataOf, described, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

const fixture = join(import.meta.dirname, '../../fixtures/postgresql/every-type.sql');

describe('settings of a database and of its login', () => {
  test.for(majors)('change no value of any type on PostgreSQL %i', async (major) => {
    await using source = await startPostgresql({ major });
    await source.psql('postgres', { file: fixture });
    await using capture = await captureInto(source.access(), 'hostile', { dump: { serverHashes: true } });
    expect(capture.captured.degradations).toEqual([]);
    await using target = await startPostgresql({ major });
    const request = restoreRequest(capture, 'hostile');
    await restoreOnto(target, capture, request);

    const checks = await dataOf(target, 'hostile', request, capture);
    const tables = ['s."select"', 's.every_type', 's.unlogged', ...(major >= 18 ? ['s.virtual'] : [])];
    expect(checks.map(({ subject }) => subject)).toEqual(tables);
    expect(checks.filter(({ equal, method }) => !equal || method !== 'copy-digest')).toEqual([]);
    expect(described(await differencesOf(target, 'hostile', request))).toEqual(['informational setting role postgres']);
    const hashes = capture.captured.inventory.filter(({ kind }) => kind === 'rows-hash');
    expect(hashes.map(({ name }) => name).sort()).toEqual(tables);
    // transform_null_equals would have made IS NULL of it.
    await using session = await openSession(target.access(), 'hostile');
    expect(await session.query('SELECT count(*) FROM s.compared')).toEqual([{ count: '0' }]);
  });
});
