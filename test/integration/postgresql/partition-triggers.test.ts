import { expect, test } from 'vitest';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { dataOf, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

// Named so that pg_dump puts the partitions first.
const content = `
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TABLE whole (k int, t text) PARTITION BY LIST (t);
  CREATE TABLE "a part" PARTITION OF whole FOR VALUES IN ('a') PARTITION BY RANGE (k);
  CREATE TABLE "a leaf" PARTITION OF "a part" FOR VALUES FROM (MINVALUE) TO (10);
  CREATE TRIGGER disabled_below AFTER INSERT ON whole FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE TRIGGER enabled_below AFTER INSERT ON whole FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE TRIGGER own AFTER INSERT ON "a leaf" FOR EACH ROW EXECUTE FUNCTION touch();
  COMMENT ON TRIGGER disabled_below ON whole IS 'hears of all';
  COMMENT ON TRIGGER own ON "a leaf" IS 'hears of some';
  CREATE TABLE " TRIGGER x ON y" (a int);
  COMMENT ON TABLE " TRIGGER x ON y" IS 'is none';
  ALTER TABLE "a leaf" DISABLE TRIGGER disabled_below;
  ALTER TABLE ONLY whole DISABLE TRIGGER enabled_below;
  ALTER TABLE "a part" ENABLE ALWAYS TRIGGER disabled_below;
  CREATE TABLE target (k int PRIMARY KEY) PARTITION BY RANGE (k);
  CREATE TABLE "a target" PARTITION OF target FOR VALUES FROM (0) TO (10);
  CREATE TABLE pointing (k int REFERENCES target);
  ALTER TABLE "a target" DISABLE TRIGGER ALL;
  INSERT INTO whole VALUES (1, 'a'), (2, 'a')`;

test.for(majors)('triggers of partitions come back as they were on PostgreSQL %i', async (major) => {
  await using source = await startPostgresql({ major });
  await source.sql('postgres', 'CREATE DATABASE shop');
  await source.sql('shop', content);
  await using capture = await captureInto(source.access(), 'shop');
  await using target = await startPostgresql({ major });
  const request = restoreRequest(capture, 'shop');
  await restoreOnto(target, capture, request);
  const states =
    'SELECT tgrelid::regclass AS t, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgrelid::regclass::text COLLATE "C", tgname';
  expect(await target.sql('shop', states)).toEqual(await source.sql('shop', states));
  expect(await differencesOf(target, 'shop', request)).toEqual([]);
  expect((await dataOf(target, 'shop', request, capture)).filter(({ equal }) => !equal)).toEqual([]);
});
