import { expect, test } from 'vitest';
import { isReadWhole } from '../../../src/engine/mysql/client-reading.ts';
import { flavours } from '../../../src/engine/mysql/flavour.ts';

const usual = { ansiQuotes: false, backslashEscapes: true };

/** Each measured with the clients of MySQL 9.7, MariaDB 10.11 and 11.8. */
const statements: readonly {
  readonly text: string;
  readonly mode?: typeof usual;
  /** Which client takes it for one statement. */
  readonly mysql: boolean;
  readonly mariadb: boolean;
}[] = [
  { text: "CREATE PROCEDURE p() SELECT ';;', \"it's\", `#`", mysql: true, mariadb: true },
  { text: "CREATE PROCEDURE p() /* it's ;; */ SELECT 1 -- don't\n", mysql: true, mariadb: true },
  { text: 'CREATE PROCEDURE p() SELECT 1 -- ends with it', mysql: false, mariadb: false },
  { text: 'CREATE PROCEDURE p() SELECT 1 # ends with it', mysql: false, mariadb: false },
  { text: 'CREATE PROCEDURE p() SELECT 1 --1', mysql: true, mariadb: true },
  { text: "CREATE PROCEDURE p() SELECT '\\''", mysql: true, mariadb: true },
  { text: "SELECT '\\'", mode: { ...usual, backslashEscapes: false }, mysql: true, mariadb: true },
  { text: 'SELECT `a\\`', mysql: true, mariadb: true },
  { text: 'CREATE DEFINER="a\\"@"%" FUNCTION f', mode: { ...usual, ansiQuotes: true }, mysql: false, mariadb: true },
  { text: "SELECT /*+ it's */ 1", mysql: true, mariadb: true },
  { text: "/*!50003 TRIGGER t /* c */ SET NEW.a = '*/;;' */", mysql: false, mariadb: false },
  { text: "/*!50003 TRIGGER t\n/* c */ SET NEW.a = '*/;;'\n*/", mysql: true, mariadb: true },
  { text: "/*!50003 TRIGGER t /* it's */ SET NEW.a = 'x' */", mysql: true, mariadb: true },
  { text: "SELECT 'no end", mysql: false, mariadb: false },
  { text: 'SELECT 1;; SELECT 2', mysql: false, mariadb: false },
];

test.for(statements)('$text', ({ text, mode = usual, ...expected }) => {
  for (const name of ['mysql', 'mariadb'] as const)
    expect([name, isReadWhole(text, ';;', { reading: flavours[name].clientReading, mode })]).toEqual([
      name,
      expected[name],
    ]);
});
