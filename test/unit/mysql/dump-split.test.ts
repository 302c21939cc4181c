import { expect, test } from 'vitest';
import { splitDump, type Piece } from '../../../src/engine/mysql/dump-split.ts';

const settings =
  "-- MySQL dump\n--\n-- Host: localhost    Database: d\n-- ---\n/*!40103 SET TIME_ZONE='+00:00' */;\n\n";
const table = (name: string, more = ''): string =>
  `--\n-- Table structure for table ${name}\n--\n\nCREATE TABLE x (\n);\n\n--\n-- Dumping data for table ${name}\n--\n\nINSERT INTO x VALUES (1);\n${more}\n`;
const before =
  "--\n-- Dumping routines for database 'd'\n--\nDELIMITER ;;\nCREATE PROCEDURE p()\n--\n-- Table structure for table `a`\n--\nSELECT 1 ;;\nDELIMITER ;\n\n--\n-- Sequence structure for `s`\n--\n\n";
const events =
  "--\n-- Dumping events for database 'd'\n--\nDELIMITER ;;\nCREATE EVENT e\nDELIMITER ;;\nCREATE EVENT f\nDELIMITER ;\n";
const undoing = '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n\n-- Dump completed\n';

function split(text: string, tables: readonly string[], chunkBytes = text.length): Record<string, string> {
  const splitter = splitDump(tables);
  const parts: Record<string, string> = {};
  const take = (pieces: readonly Piece[]): void => {
    for (const { part, bytes } of pieces) {
      const name = part.kind === 'table' ? (tables[part.index] ?? '') : part.kind;
      parts[name] = (parts[name] ?? '') + bytes.toString();
    }
  };
  const all = Buffer.from(text);
  for (let at = 0; at < all.byteLength; at += chunkBytes) take(splitter.push(all.subarray(at, at + chunkBytes)));
  take(splitter.finish());
  return parts;
}

test.for([1, 3, 20, 64, 10_000])(
  'a dump in chunks of %d bytes is cut into its parts, and not a byte is lost',
  (size) => {
    const trigger = 'DELIMITER ;;\nCREATE TRIGGER t\n--\n-- Table structure for table `b`\n--\n;;\nDELIMITER ;\n';
    const a = table('`a`', trigger);
    const odd = table('`new\n-- line ``x```');
    const b = table('`b`');
    expect(split(settings + before + a + odd + b + events + undoing, ['a', 'new\nline `x`', 'b'], size)).toEqual({
      settings,
      before,
      a,
      'new\nline `x`': odd,
      b,
      after: events + undoing,
    });
  },
);

test('without events the statements that undo the settings are what comes after', () => {
  expect(split(settings + table('`a`') + undoing, ['a'])).toMatchObject({ after: undoing });
  expect(split(settings + events + undoing, [])).toEqual({ settings, after: events + undoing });
});

test('bodies are counted by part', () => {
  const splitter = splitDump(['a']);
  const trigger = 'DELIMITER ;;\nCREATE TRIGGER t ;;\nDELIMITER ;\n';
  const parts = [
    ...splitter.push(Buffer.from(settings + before + table('`a`', trigger + trigger) + events + undoing)),
    ...splitter.finish(),
  ].map(({ part }) => part);
  expect([...new Set(parts)].map((part) => [part.kind, splitter.bodies(part)])).toEqual([
    ['settings', 0],
    ['before', 1],
    ['table', 2],
    ['after', 2],
  ]);
});

test.for([
  {
    what: 'without its end mark',
    text: settings + table('`a`') + table('`b`') + undoing.slice(0, -3),
    code: 'dump/truncated',
  },
  {
    what: 'with its end mark alone',
    text: `${settings}${table('`a`')}${table('`b`')}\n-- Dump completed\n`,
    code: 'dump/truncated',
  },
  {
    what: 'within a body',
    text: `${settings}${table('`a`')}${table('`b`')}DELIMITER ;;\n${undoing}`,
    code: 'dump/truncated',
  },
  { what: 'without a table', text: settings + table('`a`') + undoing, code: 'dump/entry-missing' },
  {
    what: 'with a table twice',
    text: settings + table('`a`') + table('`a`') + table('`b`') + undoing,
    code: 'dump/entry-missing',
  },
  { what: 'in another order', text: settings + table('`b`') + table('`a`') + undoing, code: 'dump/entry-missing' },
  {
    what: 'with a table too many',
    text: settings + table('`a`') + table('`b`') + table('`c`') + undoing,
    code: 'dump/entry-missing',
  },
  {
    what: 'with a view',
    text: `${settings}${table('`a`')}--\n-- Temporary view structure for view \`v\`\n--\n${table('`b`')}${undoing}`,
    code: 'dump/entry-missing',
  },
  { what: 'of nothing', text: '', code: 'dump/truncated' },
])('a dump $what is refused', ({ text, code }) => {
  expect(() => split(text, ['a', 'b'])).toThrow(expect.objectContaining({ code }));
});
