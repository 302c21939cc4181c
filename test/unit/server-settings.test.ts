import { describe, expect, test } from 'vitest';
import { listOf, settingLine, throwawaySettings } from '../../src/engine/postgresql/server-settings.ts';

const installed = (library: string): boolean => library !== 'timescaledb';

describe('settings of a throwaway server', () => {
  test('take over what a restored database depends on, and say what they leave out', () => {
    const wanted = {
      shared_preload_libraries: 'pg_stat_statements, timescaledb',
      'pg_stat_statements.max': '500',
      default_text_search_config: 'pg_catalog.german',
      data_directory: '/elsewhere',
    };
    const { settings, notes } = throwawaySettings(wanted, installed);
    expect(settings).toMatchObject({
      shared_preload_libraries: 'pg_stat_statements',
      'pg_stat_statements.max': '500',
      default_text_search_config: 'pg_catalog.german',
      fsync: 'off',
    });
    expect(settings).not.toHaveProperty('data_directory');
    expect(notes).toEqual([
      'not preloaded because not installed: timescaledb',
      'setting data_directory is not taken over',
    ]);
  });

  test.each([
    ['16', '256'],
    ['4096', '4096'],
    ['nonsense', '256'],
  ])('hold at least the usual number of locks where the source has %s', (wanted, expected) => {
    const { settings } = throwawaySettings({ max_locks_per_transaction: wanted }, installed);
    expect(settings['max_locks_per_transaction']).toBe(expected);
  });

  test('preload nothing where nothing of it is installed', () => {
    const { settings } = throwawaySettings({ shared_preload_libraries: 'timescaledb' }, installed);
    expect(settings).not.toHaveProperty('shared_preload_libraries');
  });

  test.each([
    ['a, b', ['a', 'b']],
    ['"with, comma", "with ""quote"""', ['with, comma', 'with "quote"']],
    ['', []],
  ])('read the list %j', (text, items) => {
    expect(listOf(text)).toEqual(items);
  });

  test('cannot end the line that they stand in', () => {
    expect(settingLine('search_path', `it's \\ here\nfsync = on`)).toBe(
      String.raw`search_path = 'it''s \\ here\nfsync = on'`,
    );
  });
});
