import { expect, test } from 'vitest';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { dataOf, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

/** Texts that a database may hold and that cannot be converted to UTF-8, but for the last two. */
const texts = [
  { encoding: 'SQL_ASCII', value: "E'caf\\351'" },
  { encoding: 'WIN1252', value: "convert_from('\\x81'::bytea, 'WIN1252')" },
  { encoding: 'EUC_JP', value: "'日本'" },
  { encoding: 'LATIN1', value: "'Bücher'" },
];

test.for(majors)('every encoding comes back byte by byte on PostgreSQL %i', async (major) => {
  await using source = await startPostgresql({ major });
  await using target = await startPostgresql({ major });
  for (const { encoding, value } of texts) {
    const name = encoding.toLowerCase();
    const table = encoding === 'LATIN1' ? '"Größe"' : 't';
    const options = `TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`;
    await source.sql('postgres', `CREATE DATABASE ${name} ${options}`);
    await source.sql(name, `CREATE TABLE ${table} (v text); INSERT INTO ${table} VALUES (${value})`);
    await using capture = await captureInto(source.access(), name);
    const request = restoreRequest(capture, name);
    await restoreOnto(target, capture, request);

    expect(await differencesOf(target, name, request)).toEqual([]);
    expect(await dataOf(target, name, request, capture)).toMatchObject([{ equal: true, method: 'copy-digest' }]);
    const bytes = `SELECT v::bytea AS v FROM ${table}`;
    expect(await target.sql(name, bytes)).toEqual(await source.sql(name, bytes));
    await target.sql(name, `UPDATE ${table} SET v = 'other'`);
    expect(await dataOf(target, name, request, capture)).toMatchObject([{ equal: false }]);
  }
});

test('a pattern that pg_dump would read otherwise is refused', async () => {
  await using source = await startPostgresql();
  await source.sql('postgres', "CREATE DATABASE old TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
  await source.sql('old', 'CREATE TABLE "Größe" AS SELECT 1 AS a; CREATE TABLE t (a int)');
  await expect(captureInto(source.access(), 'old', { dump: { excludeTables: ['"Größe"'] } })).rejects.toMatchObject({
    code: 'dump/failed',
    hint: 'Write ? for each of its characters that is not ASCII, outside of double quotes.',
  });
  await using capture = await captureInto(source.access(), 'old', { dump: { excludeTables: ['"Gr"??"e"'] } });
  expect(capture.captured.degradations).toMatchObject([{ code: 'table-excluded', subject: 'public."Größe"' }]);
});
