import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { insertText, type InsertText } from '../../../src/codec/insert-text.ts';
import { proveStream } from '../../../src/codec/prove-copy.ts';

function read(text: string, chunkBytes = text.length): InsertText {
  const bytes = Buffer.from(text);
  const reader = insertText();
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) reader.take(bytes.subarray(at, at + chunkBytes));
  return reader.finish();
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const before =
  '--\n-- Table structure for table `t`\n--\n\nCREATE TABLE `t` (\n  `a` int\n);\n\n--\n-- Dumping data for table `t`\n--\n\n';
const after = '/*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\n';

const shapes: readonly { readonly what: string; readonly statements: readonly string[]; readonly rows: number }[] = [
  { what: 'no rows', statements: [], rows: 0 },
  { what: 'many rows in a line', statements: ['INSERT INTO `t` VALUES (1,NULL),(2,-1.5e3),(3,0xFF00);'], rows: 3 },
  { what: 'a row in a line', statements: ['INSERT INTO `t` VALUES\n(1,NULL),\n(2,5),\n(3,6);'], rows: 3 },
  {
    what: 'several statements',
    statements: ['INSERT INTO `t` VALUES (1);', 'INSERT INTO `t` VALUES (2),(3);'],
    rows: 3,
  },
  {
    what: 'parentheses, quotes, semicolons and backslashes in text',
    statements: [String.raw`INSERT INTO ${'`t`'} VALUES ('a),(b'),('it\'s; \\'),(''),('\\\\'),('"(\n');`],
    rows: 5,
  },
  {
    what: 'names of columns that look like something else',
    statements: ["INSERT INTO `VALUES (1),(2)` (`a``VALUES`, `(b`, row_start) VALUES (1,'x','y'),\n(2,'x','y');"],
    rows: 2,
  },
];

test.for(shapes)('$what', ({ statements, rows }) => {
  const text = before + statements.map((each) => `${each}\n`).join('') + after;
  const expected = { plainBytes: Buffer.byteLength(text), digest: sha256(statements.join('')), rows };
  for (const size of [1, 2, 3, 5, 17, 64, text.length]) expect(read(text, size)).toEqual(expected);
});

test('statements of triggers are no rows, and neither is anything before the heading', () => {
  const trigger =
    'DELIMITER ;;\nCREATE TRIGGER x\nINSERT INTO `t` VALUES (1);\nDELIMITER ;\nINSERT INTO `t` VALUES (2);\n';
  const row = 'INSERT INTO `t` VALUES (7);';
  expect(read(`INSERT INTO \`t\` VALUES (0);\n${before}${row}\n${after}${trigger}`)).toMatchObject({
    rows: 1,
    digest: sha256(row),
  });
});

test.for(['INSERT INTO `t` VALUES (1', "INSERT INTO `t` VALUES ('a;", 'INSERT INTO `t', 'INSERT INTO `t` VALUES (1)'])(
  'an end within a statement is none: %s',
  (cut) => {
    expect(() => read(before + cut)).toThrow('end within a statement');
  },
);

test('as a proof it says what other proofs say', async () => {
  const text = `${before}INSERT INTO \`t\` VALUES (1),(2);\n${after}`;
  async function* stored(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  expect(await proveStream(stored(), { codec: 'none', as: 'insert-text' })).toEqual({
    storedBytes: text.length,
    storedSha256: sha256(text),
    plainBytes: text.length,
    rows: 2,
    digest: sha256('INSERT INTO `t` VALUES (1),(2);'),
  });
});
