import { expect, test } from 'vitest';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { described, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

/**
 * Who hands on a privilege does it in their own name, and so needs the schema's first. With several jobs at a time,
 * privileges of a schema that take long would come too late.
 */
const content = `
  CREATE ROLE between;
  DO $$ BEGIN FOR i IN 1..1500 LOOP EXECUTE format('CREATE ROLE member_%s', i); END LOOP; END $$;
  CREATE SCHEMA app;
  DO $$ BEGIN FOR i IN 1..1500 LOOP EXECUTE format('GRANT USAGE ON SCHEMA app TO member_%s', i); END LOOP; END $$;
  GRANT USAGE ON SCHEMA app TO between;
  CREATE TABLE app.t (a int); GRANT SELECT ON app.t TO between WITH GRANT OPTION;
  CREATE MATERIALIZED VIEW app.m AS SELECT a FROM app.t;
  SET ROLE between; GRANT SELECT ON app.t TO member_1`;

test.for(majors)('privileges that others hand on come back on PostgreSQL %i, however many jobs', async (major) => {
  await using source = await startPostgresql({ major });
  await source.sql('postgres', 'CREATE DATABASE shop');
  await source.sql('shop', content);
  await using capture = await captureInto(source.access(), 'shop');
  await using target = await startPostgresql({ major });
  const request = restoreRequest(capture, 'shop', { jobs: 4 });
  await restoreOnto(target, capture, request);
  expect(described(await differencesOf(target, 'shop', request))).toEqual([]);
});
