import { describe, expect, test } from 'vitest';
import { mysqlContainerRecipe } from '../../../src/engine/mysql/container-recipe.ts';
import { flavours } from '../../../src/engine/mysql/flavour.ts';
import { throwawaySettings } from '../../../src/engine/mysql/server-settings.ts';
import { namedTimeZones } from '../../../src/engine/mysql/time-zones.ts';

describe('a throwaway server', () => {
  test('takes over what shapes its files, and what changes what data means', () => {
    const { settings, shaping, notes } = throwawaySettings(flavours.mysql, {
      lower_case_table_names: '1',
      innodb_page_size: '32768',
      sql_mode: 'ANSI_QUOTES',
      partial_revokes: 'ON',
      max_connections: '20',
      thread_stack: '1048576',
    });
    expect(shaping).toEqual({ 'lower-case-table-names': '1', 'innodb-page-size': '32768' });
    expect(settings).toMatchObject({
      ...shaping,
      'loose-sql-mode': 'ANSI_QUOTES',
      'loose-partial-revokes': 'ON',
      'max-connections': '100',
      'thread-stack': '1048576',
    });
    expect(notes).toEqual([]);
  });

  test('runs no events and keeps no binary log, whatever the source does', () => {
    const { settings } = throwawaySettings(flavours.mariadb, {
      event_scheduler: 'ON',
      log_bin: 'ON',
      log_bin_trust_function_creators: 'OFF',
      sql_require_primary_key: 'ON',
    });
    expect(settings).toMatchObject({
      'event-scheduler': 'OFF',
      'skip-log-bin': 'TRUE',
      'log-bin-trust-function-creators': 'ON',
    });
    expect(Object.keys(settings).filter((name) => /require-primary-key|^log-bin$/.test(name))).toEqual([]);
  });

  test('of MySQL knows the authentication that 8.4 has switched off', () => {
    expect(throwawaySettings(flavours.mysql, {}).settings).toMatchObject({ 'loose-mysql-native-password': 'ON' });
  });

  test('says what it does not take over', () => {
    expect(throwawaySettings(flavours.mariadb, { partial_revokes: 'ON', wsrep_on: 'ON' }).notes).toEqual([
      'setting partial_revokes is not taken over',
      'setting wsrep_on is not taken over',
    ]);
  });

  test('in a container loads time zones only for events that name one', () => {
    const { plan } = mysqlContainerRecipe('mysql');
    expect(plan({ settings: {} }).env).toHaveProperty('MYSQL_INITDB_SKIP_TZINFO');
    expect(plan({ settings: { named_time_zones: 'Europe/Berlin' } }).env).not.toHaveProperty(
      'MYSQL_INITDB_SKIP_TZINFO',
    );
  });
});

test('time zones of events have names, are no offsets, and come once each', () => {
  const event = (timeZone: string): { kind: string; name: string; value: object } => ({
    kind: 'event',
    name: '`e`',
    value: { timeZone },
  });
  const facts = ['SYSTEM', 'Europe/Berlin', '+02:00', 'Asia/Tokyo', 'Europe/Berlin', '-00:30'].map(event);
  expect(namedTimeZones(facts as Parameters<typeof namedTimeZones>[0])).toEqual(['Asia/Tokyo', 'Europe/Berlin']);
});
