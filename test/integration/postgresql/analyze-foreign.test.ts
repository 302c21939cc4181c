import { expect, test } from 'vitest';
import { analyzeDatabase } from '../../../src/engine/postgresql/restore-analyze.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';

// Whoever asks this wrapper for anything gets an error.
const content = `
  CREATE FOREIGN DATA WRAPPER dead NO HANDLER;
  CREATE SERVER away FOREIGN DATA WRAPPER dead;
  CREATE TABLE whole (k int) PARTITION BY RANGE (k);
  CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (k);
  CREATE TABLE leaf PARTITION OF part FOR VALUES FROM (0) TO (5);
  CREATE FOREIGN TABLE part_away PARTITION OF part FOR VALUES FROM (5) TO (10) SERVER away;
  CREATE TABLE parent (a int);
  CREATE FOREIGN TABLE child_away () INHERITS (parent) SERVER away;
  CREATE TABLE other (k int) PARTITION BY RANGE (k);
  CREATE TABLE other_leaf PARTITION OF other FOR VALUES FROM (0) TO (10);
  INSERT INTO leaf VALUES (1), (2); INSERT INTO other VALUES (1), (2); INSERT INTO parent VALUES (1), (2)`;

test.for(majors)('ANALYZE of PostgreSQL %i asks no other server', async (major) => {
  await using server = await startPostgresql({ major });
  await server.sql('postgres', 'CREATE DATABASE shop');
  await server.sql('shop', content);
  await analyzeDatabase(server.access(), 'shop', { jobs: 2, signal: new AbortController().signal });
  const analysed = await server.sql(
    'shop',
    "SELECT DISTINCT tablename AS name FROM pg_stats WHERE schemaname = 'public' ORDER BY 1",
  );
  expect(analysed.map(({ name }) => name)).toEqual(['leaf', 'other', 'other_leaf']);
});
