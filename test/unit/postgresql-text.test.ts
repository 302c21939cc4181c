import { expect, test } from 'vitest';
import { compressionArgument } from '../../src/engine/postgresql/dump.ts';
import { matchesTable, tablePattern } from '../../src/engine/postgresql/dump-pattern.ts';
import { settingClause, splitNames } from '../../src/engine/postgresql/guc.ts';
import { quoteIdentifier, quoteLiteral } from '../../src/engine/postgresql/quote.ts';

test('identifiers and literals hold any text', () => {
  expect(quoteIdentifier('a"b\n$$')).toBe('"a""b\n$$"');
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral("\\'")).toBe("E'\\\\'''");
});

test('lists of names are split and quoted one by one, everything else is one literal', () => {
  expect(splitNames('app, "Weird, ""Schema""", ""')).toEqual(['app', 'Weird, "Schema"', '']);
  expect(splitNames('"open')).toBeUndefined();
  expect(settingClause('search_path', 'app, "$user"')).toBe(`"search_path" TO 'app', '$user'`);
  expect(settingClause('search_path', '')).toBe(`"search_path" TO ''`);
  expect(settingClause('application_name', 'a, b')).toBe(`"application_name" TO 'a, b'`);
});

test('table patterns mean what pg_dump takes them for', () => {
  const matches = (pattern: string, schema: string, table: string): boolean =>
    matchesTable([tablePattern(pattern)], schema, table);
  expect(matches('app.part*', 'app', 'part1')).toBe(true);
  expect(matches('app.part*', 'other', 'part1')).toBe(false);
  expect(matches('AUDIT?', 'any', 'audit1')).toBe(true);
  expect(matches('"Odd.Name"', 'any', 'Odd.Name')).toBe(true);
  expect(matches('"A"*', 'any', 'Abc')).toBe(true);
  expect(matches('"a*"', 'any', 'abc')).toBe(false);
});

test('compression is what the major version can do', () => {
  expect(compressionArgument('auto', 15)).toBe('1');
  expect(compressionArgument('auto', 17)).toBe('zstd:3');
  expect(compressionArgument({ codec: 'none' }, 15)).toBe('0');
  expect(compressionArgument({ codec: 'none' }, 18)).toBe('none');
  expect(() => compressionArgument({ codec: 'zstd', level: 3 }, 15)).toThrow('cannot compress with zstd');
});
