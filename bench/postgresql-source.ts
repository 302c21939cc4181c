import { startPostgresql, type TestServer } from '../test/support/postgresql.ts';

export const database = 'warehouse';

/**
 * A server with one database of mixed types: wide and narrow tables, JSON, prose, binary data, arrays, numbers, large
 * objects, two hundred small tables, indexes, and rows that were updated and deleted. Scale 1 is about 1.4 GB.
 */
export async function startSource(major: number, scale: number): Promise<TestServer> {
  const server = await startPostgresql({
    major,
    settings: {
      shared_buffers: '256MB',
      max_wal_size: '4GB',
      wal_level: 'minimal',
      max_wal_senders: '0',
      maintenance_work_mem: '256MB',
    },
  });
  try {
    await server.sql('postgres', `CREATE DATABASE ${database}`);
    for (const statement of statements(scale)) await server.sql(database, statement);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function statements(scale: number): readonly string[] {
  const rows = (count: number): number => Math.ceil(count * scale);
  return [
    `CREATE TYPE state AS ENUM ('new', 'paid', 'sent', 'returned')`,
    `CREATE TABLE events (
       id bigint PRIMARY KEY, at timestamptz NOT NULL, actor uuid NOT NULL, kind text NOT NULL, amount numeric(12, 2),
       state state, tags text[], address inet, payload jsonb NOT NULL)`,
    `INSERT INTO events
       SELECT g, timestamptz '2024-01-01' + g * interval '7 seconds', md5(g::text)::uuid, 'kind-' || g % 40,
              (g % 100000) / 100.0, (ARRAY['new', 'paid', 'sent', 'returned'])[1 + g % 4]::state,
              ARRAY['t' || g % 7, 'u' || g % 11], inet '10.0.0.0' + g % 16777216,
              jsonb_build_object('customer', g % 50000, 'note', md5((g * 3)::text), 'ok', g % 3 = 0, 'items', jsonb_build_array(g % 9, g % 13))
       FROM generate_series(1, ${rows(1_900_000)}) g`,
    `CREATE INDEX ON events (at)`,
    `CREATE TABLE measurements (sensor int NOT NULL, at timestamp NOT NULL, value double precision, raw real, flag boolean)`,
    `INSERT INTO measurements
       SELECT g % 5000, timestamp '2025-01-01' + g * interval '1 second', sin(g) * 1000, cos(g), g % 2 = 0
       FROM generate_series(1, ${rows(4_500_000)}) g`,
    `CREATE INDEX ON measurements (sensor, at)`,
    `CREATE TABLE documents (id int PRIMARY KEY, title text NOT NULL, body text, thumbnail bytea, changed date, validity daterange)`,
    `INSERT INTO documents
       SELECT g, 'Document ' || g, (SELECT string_agg(md5((g * w)::text) || ' lorem ipsum dolor sit amet ', E'\\n') FROM generate_series(1, 12) w),
              decode(repeat(md5(g::text), 12), 'hex'), date '2025-01-01' + g % 700, daterange(date '2025-01-01', date '2025-01-02' + g % 300)
       FROM generate_series(1, ${rows(220_000)}) g`,
    `UPDATE events SET state = 'returned' WHERE id % 23 = 0`,
    `DELETE FROM events WHERE id % 101 = 0`,
    `DO $$ BEGIN FOR i IN 1..200 LOOP
       EXECUTE format('CREATE TABLE small_%s (id int PRIMARY KEY, v text)', i);
       EXECUTE format('INSERT INTO small_%s SELECT g, md5(g::text) FROM generate_series(1, 100) g', i);
     END LOOP; END $$`,
    `SELECT lo_from_bytea(0, decode(repeat(md5(g::text), ${rows(4_000)}), 'hex')) FROM generate_series(1, 50) g`,
    `VACUUM ANALYZE`,
    `CHECKPOINT`,
  ];
}
