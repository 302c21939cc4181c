import { expect, onTestFinished, test, vi } from 'vitest';
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

test('a limit of weeks, longer than a timer can wait, ends when it is over and not before', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const days = 86_400_000;
  using limit = timeLimit(duration(60 * days), 'the capture of a/b', new AbortController().signal);
  vi.advanceTimersByTime(60 * days - 1);
  expect(limit.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(limit.signal.reason).toMatchObject({ message: 'the capture of a/b took longer than 60d' });
});
