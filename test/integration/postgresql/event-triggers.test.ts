import { expect, test } from 'vitest';
import { captureInto } from '../../support/capture.ts';
import { majors, startPostgresql } from '../../support/postgresql.ts';
import { dataOf, differencesOf, restoreOnto, restoreRequest } from '../../support/restore.ts';

// Also what a new database has and this one has lost must be taken away unheard.
const content = `
  CREATE SCHEMA app; SET search_path TO app; DROP SCHEMA public;
  CREATE TABLE commands (tag text);
  CREATE TABLE a (id int PRIMARY KEY);
  CREATE TABLE b (id int REFERENCES a);
  ALTER TABLE b DISABLE TRIGGER ALL;
  CREATE MATERIALIZED VIEW m AS SELECT 1 AS x;
  CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO app.commands VALUES (tg_tag); END';
  CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''%'', tg_tag; END';`;

/** In every state that one can have: the last two hear also what a replica does. */
const triggers = (action: string): string =>
  ['ENABLE', 'DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA']
    .flatMap((state) =>
      ['ddl_command_start', 'ddl_command_end'].map((event) => {
        const name = `"${state} on ${event}"`;
        return `CREATE EVENT TRIGGER ${name} ON ${event} EXECUTE FUNCTION ${action}();
          ALTER EVENT TRIGGER ${name} ${state}; COMMENT ON EVENT TRIGGER ${name} IS 'hears';`;
      }),
    )
    .join('\n');

test.for(majors.flatMap((major) => ['note', 'forbid'].map((action) => ({ major, action }))))(
  'an event trigger that would $action what a restore does hears nothing of it on PostgreSQL $major',
  async ({ major, action }) => {
    await using source = await startPostgresql({ major });
    await source.sql('postgres', 'CREATE DATABASE shop');
    await source.sql('shop', `${content} ${triggers(action)}`);
    await using capture = await captureInto(source.access(), 'shop');
    await using target = await startPostgresql({ major });
    const request = restoreRequest(capture, 'shop');
    await restoreOnto(target, capture, request);
    // By hand: nothing but what the script itself says keeps them off.
    await target.psql('shop', await capture.text('supplement'));

    const states = 'SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY evtname';
    expect(await target.sql('shop', states)).toEqual(await source.sql('shop', states));
    expect(await differencesOf(target, 'shop', request)).toEqual([]);
    expect((await dataOf(target, 'shop', request, capture)).filter(({ equal }) => !equal)).toEqual([]);
  },
);
