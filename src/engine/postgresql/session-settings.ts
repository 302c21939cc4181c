/**
 * Everything that changes how the server writes or reads the text of a value, also inside COPY. Of these, pg_dump sets only
 * DateStyle, IntervalStyle and extra_float_digits by itself (`setup_connection` in pg_dump.c); `quote_all_identifiers` shows in
 * regclass values, `array_nulls` and `xmloption` decide how a text is read. Without spaces: these go through `options`.
 */
export const textSettings: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  xmloption: 'content',
  lc_monetary: 'C',
  array_nulls: 'on',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
};

/**
 * Settings given at start-up, before `ALTER DATABASE … SET` and `ALTER ROLE … SET` can act: they win over both
 * (PostgreSQL manual, "Setting Parameters"). `role=none` because a database may have `SET role`.
 */
export const startupSettings: Readonly<Record<string, string>> = {
  role: 'none',
  search_path: 'pg_catalog',
  row_security: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read\\ committed',
  ...textSettings,
};

/** What a client program needs of them: it sets the rest itself. */
export const programSettings: Readonly<Record<string, string>> = {
  role: 'none',
  default_transaction_read_only: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
};

/** The same for what only newer servers know; to others an unknown setting is an error. `major` is the server's. */
export const newerSettings = (major: number): string => (major >= 17 ? ' -c transaction_timeout=0' : '');
