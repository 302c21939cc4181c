import { describe } from 'vitest';
import { mysql } from '../../src/engine/mysql/mysql.ts';
import { flavours, startMysql } from '../support/mysql.ts';
import { checkEngine } from './engine.ts';

const thousand = 'SELECT 1 + a.d + 10 * b.d + 100 * c.d AS id FROM digits a JOIN digits b JOIN digits c';
const digits = Array.from({ length: 10 }, (_, digit) => `(${digit})`).join(', ');

for (const flavour of flavours) {
  describe(`${flavour.engine} ${flavour.version}`, () => {
    checkEngine({
      engine: mysql(flavour.engine),
      series: flavour.version,
      reader: 'reader@localhost',
      start: async () => {
        const server = await startMysql(flavour);
        return {
          access: (name) => server.access(name),
          run: async ([database, sql]) => void (await server.sql(database, sql)),
          [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
        };
      },
      seed: [
        [undefined, "CREATE USER reader@localhost IDENTIFIED BY 'right'"],
        [undefined, 'CREATE ROLE staff'],
        [undefined, 'GRANT staff TO reader@localhost'],
        [undefined, 'CREATE DATABASE shop'],
        ['shop', `CREATE TABLE digits (d int PRIMARY KEY); INSERT INTO digits VALUES ${digits}`],
        [
          'shop',
          `CREATE TABLE orders (id int PRIMARY KEY, note varchar(40)); INSERT INTO orders SELECT id, CONCAT('note ', id) FROM (${thousand}) AS numbers`,
        ],
        ['shop', 'CREATE VIEW recent AS SELECT id FROM orders WHERE id > 900'],
        ['shop', 'GRANT SELECT ON shop.* TO staff'],
        ['shop', 'GRANT INSERT ON orders TO staff'],
        ['shop', 'GRANT SELECT ON recent TO reader@localhost'],
      ],
      spoil: {
        grant: ['shop', 'REVOKE INSERT ON orders FROM staff'],
        membership: [undefined, 'REVOKE staff FROM reader@localhost'],
        view: ['shop', 'DROP VIEW recent'],
        row: ['shop', "UPDATE orders SET note = 'other' WHERE id = 5"],
        'missing row': ['shop', 'DELETE FROM orders WHERE id = 5'],
      },
    });
  });
}
