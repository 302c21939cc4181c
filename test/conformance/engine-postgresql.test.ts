import { describe } from 'vitest';
import { postgresql } from '../../src/engine/postgresql/postgresql.ts';
import { majors, startPostgresql } from '../support/postgresql.ts';
import { checkEngine } from './engine.ts';

for (const major of majors) {
  describe(`PostgreSQL ${major}`, () => {
    checkEngine({
      engine: postgresql(),
      series: String(major),
      reader: 'reader',
      start: async () => {
        const server = await startPostgresql({ major, hba: ['local all postgres trust', 'local all all md5'] });
        return {
          access: (name) => server.access(name),
          run: async ([database, sql]) => void (await server.sql(database ?? 'postgres', sql)),
          [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
        };
      },
      seed: [
        [undefined, 'CREATE ROLE keeper NOLOGIN'],
        [undefined, "CREATE ROLE reader LOGIN PASSWORD 'right'"],
        [undefined, 'CREATE ROLE staff'],
        [undefined, 'GRANT staff TO reader'],
        [undefined, 'CREATE DATABASE shop OWNER keeper'],
        ['shop', "CREATE TABLE orders AS SELECT id, 'note ' || id AS note FROM generate_series(1, 1000) id"],
        ['shop', 'ALTER TABLE orders ADD PRIMARY KEY (id); ALTER TABLE orders OWNER TO keeper'],
        ['shop', 'CREATE VIEW recent AS SELECT id FROM orders WHERE id > 900'],
        ['shop', 'GRANT SELECT ON orders, recent TO staff'],
      ],
      spoil: {
        grant: ['shop', 'REVOKE SELECT ON orders FROM staff'],
        membership: [undefined, 'REVOKE staff FROM reader'],
        view: ['shop', 'DROP VIEW recent'],
        row: ['shop', "UPDATE orders SET note = 'other' WHERE id = 5"],
        'missing row': ['shop', 'DELETE FROM orders WHERE id = 5'],
      },
    });
  });
}
