import { expect, test } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import { dumpVerdict } from '../../src/engine/postgresql/dump-verdict.ts';

test.for(['canceling statement', 'terminating connection'])('%s on a standby is worth another try', (how) => {
  const verdict = dumpVerdict();
  verdict.line(
    `pg_dump: error: Dumping the contents of table "t" failed: ERROR:  ${how} due to conflict with recovery`,
  );
  expect(verdict.failure(new OperationError('process/failed', 'pg_dump exited with 1'))).toMatchObject({
    code: 'dump/failed',
    transient: true,
    hint: expect.stringContaining('hot_standby_feedback') as string,
  });
});
