import { startMysql, type TestMysql, type TestMysqlOptions } from './mysql.ts';

/** A server with a small database `shop` that has one of everything. Accounts: shop_owner, shop_app, the role reader. */
export async function startMysqlShop(options: TestMysqlOptions): Promise<TestMysql> {
  const server = await startMysql(options);
  await server.script(undefined, `${accounts}${content}${privileges}${ofVendor[options.engine]}`);
  return server;
}

export const shopPassword = 'k4rl und die "Bücher"';

const accounts = `
CREATE ROLE reader;
CREATE USER shop_owner@localhost IDENTIFIED BY 'owner' ACCOUNT LOCK;
CREATE USER shop_app@'%' IDENTIFIED BY '${shopPassword}' WITH MAX_USER_CONNECTIONS 7;
GRANT reader TO shop_app@'%';
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
USE shop;
`;

const content = `
CREATE TABLE customers (id int PRIMARY KEY, name varchar(50) NOT NULL);
INSERT INTO customers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i, CONCAT('customer ', i) FROM n;
CREATE TABLE orders (
  id int AUTO_INCREMENT PRIMARY KEY, customer int, note varchar(50), KEY notes (note),
  CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id), CONSTRAINT never CHECK (note <> 'never')
);
INSERT INTO orders (customer, note) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i % 50 + 1, CONCAT('n', i) FROM n;
CREATE TABLE unkeyed (a int, b varchar(5));
INSERT INTO unkeyed VALUES (2, 'x'), (1, 'x'), (1, 'x'), (NULL, NULL);
CREATE DEFINER = shop_owner@localhost VIEW recent AS SELECT id, note FROM orders WHERE id > 400;
DELIMITER //
CREATE DEFINER = shop_owner@localhost TRIGGER trimmed BEFORE INSERT ON orders FOR EACH ROW BEGIN SET NEW.note = trim(NEW.note); END//
CREATE DEFINER = shop_owner@localhost PROCEDURE tidy() BEGIN /* old ones */ DELETE FROM orders WHERE id < 0; END//
CREATE EVENT nightly ON SCHEDULE EVERY 1 SECOND STARTS '2020-01-01 00:00:00' DO DELETE FROM customers WHERE id = 50//
DELIMITER ;
`;

const privileges = `
GRANT SELECT ON shop.* TO reader;
GRANT ALL ON shop.* TO shop_owner@localhost;
GRANT INSERT ON orders TO shop_app@'%';
GRANT UPDATE (name) ON customers TO shop_app@'%';
GRANT EXECUTE ON PROCEDURE tidy TO shop_app@'%';
GRANT SELECT ON recent TO shop_app@'%';
`;

const ofVendor = {
  mysql: "SET DEFAULT ROLE reader TO shop_app@'%';",
  mariadb: "SET DEFAULT ROLE reader FOR shop_app@'%'; GRANT SELECT (id) ON customers TO PUBLIC;",
} as const;
