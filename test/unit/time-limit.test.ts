import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { duration } from '../../src/base/duration.ts';
import { timeLimit } from '../../src/run/time-limit.ts';

test('a limit ends with its own error, and with that of the signal that it is given', async () => {
  const run = new AbortController();
  using limit = timeLimit(duration(1), 'the capture of a/b', run.signal);
  await new Promise((done) => limit.signal.addEventListener('abort', done));
  expect(limit.signal.reason).toMatchObject({
    code: 'process/timeout',
    message: 'the capture of a/b took longer than 1ms',
  });
  using other = timeLimit(duration(60_000), 'the capture of a/b', run.signal);
  run.abort('stopped');
  expect(other.signal.reason).toBe('stopped');
});

test('a limit of weeks, longer than a timer can wait, does not end at once', async () => {
  using limit = timeLimit(duration(60 * 86_400_000), 'the capture of a/b', new AbortController().signal);
  // Timers end in the order of their times: one that the first had cut short would be over.
  await wait(20);
  expect(limit.signal.aborted).toBe(false);
});
