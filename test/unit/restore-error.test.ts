import { expect, test } from 'vitest';
import { restoreFailure } from '../../src/engine/postgresql/restore-error.ts';

function summaryOf(text: string): string | undefined {
  const failure = restoreFailure();
  for (const line of text.split('\n')) failure.line(line);
  return failure.summary();
}

const entry = `pg_restore: while PROCESSING TOC:\npg_restore: from TOC entry 3340; 0 16386 TABLE DATA t owner\n`;

test('names the entry and a message whose form holds no data', () => {
  const copy = `${entry}pg_restore: error: COPY failed for table "t": ERROR:  new row for relation "t" violates check constraint "c"
DETAIL:  Failing row contains (canary).
CONTEXT:  COPY t, line 1: "canary"
pg_restore: error: a worker process died unexpectedly`;
  expect(summaryOf(copy)).toBe(
    'pg_restore failed at TABLE DATA t owner: new row for relation "t" violates check constraint "c"',
  );
  expect(summaryOf('pg_restore: error: could not execute query: ERROR:  role "we""ird" does not exist')).toBe(
    'pg_restore failed: role "we""ird" does not exist',
  );
});

test.for([
  'COPY failed for table "t": ERROR:  invalid input syntax for type integer: "canary"',
  'could not execute query: ERROR:  canary raised by a trigger',
  'could not execute query: ERROR:  relation "x" does not exist and canary',
  'canary in words that pg_restore never says',
])('hides what may be a row: %s', (message) => {
  const summary = summaryOf(`${entry}pg_restore: error: ${message}`);
  expect(summary).toBe('pg_restore failed at TABLE DATA t owner: the server’s message may hold data and is not shown');
});

test('says nothing of what is no error', () => {
  expect(summaryOf('pg_restore: creating TABLE "app.t"\nNOTICE:  canary')).toBeUndefined();
});
