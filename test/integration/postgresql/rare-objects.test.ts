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
  'columns without a name in a function of SQL': `
    CREATE FUNCTION f() RETURNS TABLE (a text, b numeric, c text) BEGIN ATOMIC
      SELECT 'x', 1.5::numeric(10, 2), (SELECT NULL::varchar); SELECT 'y', 2, 'z' AS named; END`,
};

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
