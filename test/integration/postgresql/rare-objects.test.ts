import { expect, test } from 'vitest';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

/** What pg_dump leaves out, or writes so that it reads otherwise afterwards though it is the same. */
const rare: Readonly<Record<string, string>> = {
  'privileges on the language sql': `
    CREATE ROLE giver; CREATE ROLE taker;
    REVOKE USAGE ON LANGUAGE sql FROM PUBLIC; GRANT USAGE ON LANGUAGE sql TO giver WITH GRANT OPTION;
    SET ROLE giver; GRANT USAGE ON LANGUAGE sql TO taker; RESET ROLE;
    CREATE TABLE t (a int); GRANT SELECT ON t TO giver, taker`,
  'options of an extension’s dictionary': `
    CREATE SCHEMA "it's"; CREATE EXTENSION dict_int SCHEMA "it's";
    ALTER TEXT SEARCH DICTIONARY "it's".intdict (maxlen = 3, rejectlong = true)`,
  'a foreign key of a partitioned table that was never checked': `
    CREATE TABLE listed (k int PRIMARY KEY); INSERT INTO listed SELECT generate_series(100, 20000);
    CREATE TABLE m (k int) PARTITION BY RANGE (k); CREATE TABLE plain (k int);
    DO $$BEGIN
      FOR i IN 0..49 LOOP
        EXECUTE format('CREATE TABLE m%s PARTITION OF m FOR VALUES FROM (%s) TO (%s)', i, i, i + 1);
        EXECUTE format('CREATE TABLE unlike%s AS SELECT generate_series(1, 2000) AS i', i);
      END LOOP;
      INSERT INTO m SELECT generate_series(0, 49); INSERT INTO plain VALUES (1);
      IF current_setting('server_version_num')::int >= 180000 THEN
        ALTER TABLE m ADD CONSTRAINT never FOREIGN KEY (k) REFERENCES listed NOT VALID;
      ELSE ALTER TABLE plain ADD CONSTRAINT never FOREIGN KEY (k) REFERENCES listed NOT VALID; END IF;
    END$$;
    CREATE TABLE other (k int REFERENCES listed); COMMENT ON CONSTRAINT other_k_fkey ON other IS 'a comment'`,
  'columns without a name in a function of SQL': `
    CREATE FUNCTION f() RETURNS TABLE (a text, b numeric, c text) BEGIN ATOMIC
      SELECT 'x', 1.5::numeric(10, 2), (SELECT NULL::varchar); SELECT 'y', 2, 'z' AS named; END`,
};

test('options of a dictionary that the target does not take are told, and all else comes back', async () => {
  await using source = await startPostgresql();
  await source.sql('postgres', 'CREATE DATABASE shop');
  await source.sql('shop', 'CREATE EXTENSION dict_int; ALTER TEXT SEARCH DICTIONARY intdict (maxlen = 3)');
  await using capture = await captureInto(source.access(), 'shop');
  await using target = await startPostgresql();
  const report = await restoreOnto(target, capture, restoreRequest(capture, 'shop'), {
    text: async (kind) => (await capture.text(kind)).replaceAll('maxlen', 'unknown'),
  });
  expect(report.notes.join('\n')).toContain('the options of dictionary public.intdict could not be set: ');
});

test.for(majors.flatMap((major) => Object.keys(rare).map((what) => ({ major, what }))))(
  '$what come back on PostgreSQL $major',
  async ({ major, what }) => {
    await using source = await startPostgresql({ major });
    await source.sql('postgres', 'CREATE DATABASE shop');
    await source.sql('shop', rare[what] ?? '');
    await using capture = await captureInto(source.access(), 'shop');
    await using target = await startPostgresql({ major });
    const request = restoreRequest(capture, 'shop');
    await restoreOnto(target, capture, request);
    expect(await differencesOf(target, 'shop', request)).toEqual([]);
  },
);
