import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureInto, type KeptCapture } from '../../support/capture.ts';
import { majors, startPostgresql, type TestServer } from '../../support/postgresql.ts';
import { dataOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

describe.each(majors.filter((major) => major === majors[0] || major === majors.at(-1)))(
  'rows in another order on PostgreSQL %s',
  (major) => {
    let source: TestServer;
    let target: TestServer;
    let capture: KeptCapture;

    beforeAll(async () => {
      [source, target] = await Promise.all([startPostgresql({ major }), startPostgresql({ major })]);
      await source.psql('postgres', 'CREATE DATABASE app');
      await source.psql(
        'app',
        `CREATE TABLE plain AS SELECT i, 'row ' || i AS name FROM generate_series(1, 2000) i;
       CREATE TYPE mood AS ENUM ('calm', 'loud');
       CREATE TABLE voices (mood mood, n int) PARTITION BY HASH (mood);
       CREATE TABLE voices_0 PARTITION OF voices FOR VALUES WITH (MODULUS 2, REMAINDER 0);
       CREATE TABLE voices_1 PARTITION OF voices FOR VALUES WITH (MODULUS 2, REMAINDER 1);
       INSERT INTO voices SELECT (ARRAY['calm', 'loud'])[1 + i % 2]::mood, i FROM generate_series(1, 500) i;`,
      );
      capture = await captureInto(source.access(), 'app');
      await restoreOnto(target, capture, restoreRequest(capture, 'app'));
    });

    afterAll(async () => {
      for (const each of [capture, source, target]) await each[Symbol.asyncDispose]();
    });

    const checked = async (subject: string): Promise<unknown> => {
      const checks = await dataOf(target, 'app', restoreRequest(capture, 'app'), capture);
      return checks.find((check) => check.subject === subject);
    };

    test('the same rows, rewritten in reverse, are equal and the evidence says how', async () => {
      await target.psql(
        'app',
        'CREATE TABLE t AS TABLE plain; TRUNCATE plain; INSERT INTO plain SELECT * FROM t ORDER BY i DESC; DROP TABLE t;',
      );
      expect(await checked('public.plain')).toMatchObject({ equal: true, method: 'order-free' });
    });

    test('one other value in another order is a difference', async () => {
      await target.psql('app', "UPDATE plain SET name = 'forged' WHERE i = 77");
      expect(await checked('public.plain')).toMatchObject({ equal: false, expectedRows: 2000, actualRows: 2000 });
    });

    test('rows that moved between hash partitions are equal over all of them, and a changed one is not', async () => {
      await target.psql(
        'app',
        `DROP TABLE voices;
       CREATE TABLE voices (mood mood, n int) PARTITION BY HASH (n);
       CREATE TABLE voices_0 PARTITION OF voices FOR VALUES WITH (MODULUS 2, REMAINDER 0);
       CREATE TABLE voices_1 PARTITION OF voices FOR VALUES WITH (MODULUS 2, REMAINDER 1);
       INSERT INTO voices SELECT (ARRAY['calm', 'loud'])[1 + i % 2]::mood, i FROM generate_series(1, 500) i;`,
      );
      expect(await checked('public.voices_0')).toMatchObject({ equal: true, method: 'order-free' });
      expect(await checked('public.voices_1')).toMatchObject({ equal: true });
      await target.psql('app', 'UPDATE voices SET n = n + 1000000 WHERE n = 7');
      expect(await checked('public.voices_0')).toMatchObject({ equal: false });
    });
  },
);
