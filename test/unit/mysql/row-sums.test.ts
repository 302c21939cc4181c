import { describe, expect, test } from 'vitest';
import { insertText } from '../../../src/codec/insert-text.ts';
import { rowSums, type RowSums } from '../../../src/engine/mysql/row-sums.ts';
import { fc } from '../../support/properties.ts';

const head =
  "--\n-- Table structure for table `t`\n--\n\nCREATE TABLE `t` (\n  `a` int DEFAULT '(1)',\n  KEY (`a`)\n);\n\n--\n-- Dumping data for table `t`\n--\n\n";
const tail =
  'DELIMITER ;;\nCREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW\nINSERT INTO `u` VALUES (1);;\nDELIMITER ;\n';
const dump = (rows: readonly string[], perStatement = rows.length): string => {
  const statements: string[] = [];
  for (let at = 0; at < rows.length; at += perStatement)
    statements.push(`INSERT INTO \`t\` VALUES ${rows.slice(at, at + perStatement).join(',')};\n`);
  return head + statements.join('') + tail;
};
const sumsOf = (text: string, pieces = 1): RowSums => {
  const sums = rowSums();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / pieces))
    sums.take(bytes.subarray(at, at + Math.ceil(bytes.length / pieces)));
  return sums.finish();
};

/** A literal as the dump programs write it. */
const literal = fc.oneof(
  fc.integer().map(String),
  fc.constant('NULL'),
  fc.stringMatching(/^[a-z (),;'"\\`-]*$/).map((text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`),
  fc.constant('0x28293B27'),
);
const row = fc.array(literal, { minLength: 1, maxLength: 4 }).map((literals) => `(${literals.join(',')})`);
const rows = fc.array(row, { minLength: 1, maxLength: 20 });

describe('sums of rows', () => {
  test('do not depend on order, statements or pieces', () => {
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (some, perStatement, pieces) => {
          expect(sumsOf(dump(some.toReversed(), perStatement), pieces)).toEqual(sumsOf(dump(some)));
        },
      ),
    );
  });

  test('count what the reader of dumps counts', () => {
    fc.assert(
      fc.property(rows, (some) => {
        const reader = insertText();
        reader.take(Buffer.from(dump(some)));
        expect(sumsOf(dump(some)).rows).toBe(reader.finish().rows);
        expect(sumsOf(dump(some)).rows).toBe(some.length);
      }),
    );
  });

  test('differ where one row does', () => {
    fc.assert(
      fc.property(rows, row, (some, other) => {
        fc.pre(other !== some[0]);
        expect(sumsOf(dump([other, ...some.slice(1)])).exact).not.toBe(sumsOf(dump(some)).exact);
      }),
    );
  });

  test('tell one row three times from three rows', () => {
    expect(sumsOf(dump(['(1)', '(1)', '(2)', '(2)'])).exact).not.toBe(sumsOf(dump(['(1)', '(1)', '(1)', '(2)'])).exact);
  });

  test.each([
    ['(-0,1)', '(0,1)'],
    ['(1,-0)', '(1,0)'],
    ['(-0)', '(0)'],
  ])('take %s for %s only without signs', (negative, plain) => {
    const [a, b] = [sumsOf(dump([negative])), sumsOf(dump([plain]))];
    expect(a.withoutSigns).toBe(b.withoutSigns);
    expect(a.exact).not.toBe(b.exact);
  });

  test.each([
    ["('-0')", "('0')"],
    ["('a,-0,b')", "('a,0,b')"],
    ["('it\\',-0,')", "('it\\',0,')"],
    ['(-0.5)', '(0.5)'],
    ['(1e-0)', '(1e0)'],
  ])('take %s for another than %s', (one, other) => {
    expect(sumsOf(dump([one])).withoutSigns).not.toBe(sumsOf(dump([other])).withoutSigns);
  });

  test('hash a row of any length', () => {
    const long = `('${'x'.repeat(200_000)}',-1)`;
    expect(sumsOf(dump([long, '(1)']), 7)).toEqual(sumsOf(dump(['(1)', long])));
    expect(sumsOf(dump([long])).exact).not.toBe(sumsOf(dump([long.replace('-1', '-2')])).exact);
  });

  test('leave statements of triggers and comments out', () => {
    expect(sumsOf(head + tail)).toMatchObject({ rows: 0 });
  });
});
