import { startPostgresql, type TestServer, type TestServerOptions } from './postgresql.ts';

export const shopPassword = 'k4rl und die "Bücher"';

/**
 * A server with a small database `shop` that has one of everything that access consists of. Roles: shop_owner, shop_app,
 * reader.
 */
export async function startShop(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startPostgresql(options);
  await server.sql(
    'postgres',
    `CREATE ROLE shop_owner;
     CREATE ROLE reader;
     CREATE ROLE shop_app LOGIN PASSWORD '${shopPassword}';
     GRANT reader TO shop_app;
     ALTER ROLE shop_app SET work_mem = '7MB';`,
  );
  await server.sql('postgres', 'CREATE DATABASE shop OWNER shop_owner');
  await server.sql('shop', content);
  return server;
}

const content = `
  CREATE SCHEMA sales AUTHORIZATION shop_owner;
  SET ROLE shop_owner;
  CREATE TABLE sales.customers (id int PRIMARY KEY, name text NOT NULL);
  INSERT INTO sales.customers SELECT i, 'customer ' || i FROM generate_series(1, 50) i;
  CREATE TABLE sales.orders (id serial PRIMARY KEY, customer int REFERENCES sales.customers, note text);
  INSERT INTO sales.orders (customer, note) SELECT i % 50 + 1, 'n' || i FROM generate_series(1, 500) i;
  CREATE INDEX orders_note ON sales.orders (lower(note));
  CREATE FUNCTION sales.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER touched BEFORE UPDATE ON sales.orders FOR EACH ROW EXECUTE FUNCTION sales.touch();
  ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own_orders ON sales.orders TO shop_app USING (note <> 'hidden');
  GRANT USAGE ON SCHEMA sales TO reader;
  GRANT SELECT ON sales.orders, sales.customers TO reader;
  GRANT INSERT ON sales.orders TO shop_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO reader;`;
