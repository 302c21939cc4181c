import { execa } from 'execa';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { captureInto } from '../../support/capture.ts';
import { nastyDatabase, startNasty } from '../../support/nasty.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { restoreOnto, restoreRequest } from '../../support/restore.ts';

/** Everything that makes a server write down what it is told. */
const talkative = {
  log_statement: 'all',
  log_duration: 'on',
  log_min_duration_statement: '0',
  log_min_error_statement: 'debug5',
  debug_print_parse: 'on',
  shared_preload_libraries: 'pg_stat_statements,auto_explain',
  'pg_stat_statements.track': 'all',
  'auto_explain.log_min_duration': '0',
};

const secrets = `
  CREATE ROLE canary_login LOGIN PASSWORD 'hunter2';
  CREATE FOREIGN DATA WRAPPER canary_wrapper;
  CREATE SERVER canary_server FOREIGN DATA WRAPPER canary_wrapper;
  CREATE USER MAPPING FOR canary_login SERVER canary_server OPTIONS (password 'CANARY-MAPPING');
  ALTER ROLE canary_login SET app.jwt_secret = 'CANARY-ROLE-SETTING';
  ALTER DATABASE "${nastyDatabase.replaceAll('"', '""')}" SET app.jwt_secret = 'CANARY-SETTING';
  CREATE SUBSCRIPTION canary_subscription CONNECTION 'host=nowhere password=CANARY-SUBSCRIPTION' PUBLICATION p WITH (connect = false);`;

test.for(majors)(
  'neither the log of the source nor that of the target, of PostgreSQL %s, learns a secret',
  async (major) => {
    const heard: { source: string[]; target: string[] } = { source: [], target: [] };
    await using source = await startNasty({
      major,
      settings: talkative,
      onLogLine: (line) => heard.source.push(line),
    });
    await source.psql(
      nastyDatabase,
      `SET log_statement = 'none'; SET log_min_duration_statement = -1; SET debug_print_parse = off; SET "auto_explain.log_min_duration" = -1; ${secrets}`,
    );
    heard.source.length = 0;
    await using capture = await captureInto(source.access(), nastyDatabase);
    expect(secretsIn(heard.source.join('\n'))).toEqual([]);

    await using target = await startPostgresql({
      major,
      settings: talkative,
      onLogLine: (line) => heard.target.push(line),
    });
    await restoreOnto(target, capture, restoreRequest(capture, nastyDatabase));
    const log = heard.target.join('\n');
    expect(log).toContain('FROM pg_database');
    expect(secretsIn(log)).toEqual([]);
    await target.sql('template1', 'CREATE EXTENSION pg_stat_statements');
    const seen = await target.sql('template1', 'SELECT query FROM pg_stat_statements');
    expect(secretsIn(JSON.stringify(seen))).toEqual([]);
    // They did come back.
    const { stdout } = await execa(join(target.binaries, 'pg_dumpall'), ['-h', target.socket, '-U', target.user]);
    expect(secretsIn(stdout)).toHaveLength(5);
  },
);

const secretsIn = (text: string): readonly string[] => [
  ...new Set(text.match(/SCRAM-SHA-256\$|CANARY-[A-Z-]+/g) ?? []),
];
