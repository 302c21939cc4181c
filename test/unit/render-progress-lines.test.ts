import { describe, expect, test } from 'vitest';
import { heartbeatLine } from '../../src/render/progress-heartbeat.ts';
import { groupedLines, lineProgress, progressLines } from '../../src/render/progress-lines.ts';
import { afterEvent, noProgress } from '../../src/render/progress-state.ts';
import type { RunEvent } from '../../src/run/events.ts';

const key = 'back-up:wfdb02/botpress_db';
const subject = 'wfdb02/botpress_db';

/** Milliseconds and event: a run with a retry, a success and a failure. */
const run: readonly (readonly [number, RunEvent])[] = [
  [0, { kind: 'started', key, title: `back up ${subject}` }],
  [5, { kind: 'phase', key, phase: 'preflight', number: 1, of: 7, subject }],
  [105, { kind: 'phase-done', key, phase: 'preflight', number: 1, of: 7, subject, ms: 100, bytes: undefined }],
  [110, { kind: 'retry', key, attempt: 2, of: 3, waitMs: 2_000, reason: 'the source server dropped the connection' }],
  [2_110, { kind: 'phase', key, phase: 'dump', number: 3, of: 7, subject }],
  [3_000, { kind: 'progress', key, storedBytes: 1_000_000, expectedBytes: 134_000_000 }],
  [23_000, { kind: 'progress', key, storedBytes: 67_000_000, expectedBytes: 134_000_000 }],
  [30_000, { kind: 'started', key: 'back-up:wfdb02/cmdb', title: 'back up wfdb02/cmdb' }],
  [
    30_100,
    {
      kind: 'finished',
      key: 'back-up:wfdb02/cmdb',
      outcome: 'failed',
      ms: 100,
      summary: 'a query on the source server failed',
    },
  ],
  [43_110, { kind: 'phase-done', key, phase: 'dump', number: 3, of: 7, subject, ms: 41_000, bytes: 134_000_000 }],
  [43_200, { kind: 'finished', key, outcome: 'done', ms: 43_200, summary: '134 MB stored' }],
  [
    43_201,
    {
      kind: 'finished',
      key: 'expire:wfdb02/cmdb',
      outcome: 'not-run',
      ms: 0,
      summary: 'the backup of this database failed in this run',
    },
  ],
];

describe('a log', () => {
  test('tells the run in lines', async () => {
    const text = run.flatMap(([, event]) => progressLines(event)).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot('golden/evidence-progress-log.txt');
  });

  test('says once in a while what runs, with rate and the longest action', () => {
    const state = run.slice(0, 9).reduce((now, [at, event]) => afterEvent(now, event, at), noProgress);
    expect(heartbeatLine(state, 63_000)).toBe(
      '[RUNNING] 1 running, 0 done, 1 failed, 0 not started; 67 MB of ~134 MB at 1.1 MB/s; longest: back up wfdb02/botpress_db in dump for 1m 3s',
    );
    expect(heartbeatLine(noProgress, 63_000)).toBeUndefined();
  });

  test('on GitHub the lines of an action come together, and a failure also stands outside its group', async () => {
    const progress = lineProgress({ github: true });
    const text = run.flatMap(([at, event]) => progress.event(event, at)).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot('golden/evidence-progress-github.txt');
    expect(progress.heartbeat(50_000)).toEqual([]);
  });

  test('names can neither command GitHub Actions nor end a line', () => {
    const name = 'x\n::set-env name=PATH::/evil\r##[group]y';
    const lines = [
      ...progressLines({ kind: 'phase', key: name, phase: 'dump', number: 1, of: 1, subject: name }),
      ...progressLines({ kind: 'finished', key: name, outcome: 'failed', ms: 1, summary: name }),
      ...progressLines({ kind: 'retry', key: name, attempt: 1, of: 2, waitMs: 1, reason: name }),
      ...groupedLines(`100 % ${name}`, [name, '::error::child']),
    ];
    const commands = lines
      .join('\n')
      .split(/[\r\n]/)
      .filter((line) => /^\s*(::|##\[)/.test(line));
    expect(commands).toEqual(['::group::100 %25 x\\n::set-env name=PATH::/evil\\r##[group]y', '::endgroup::']);
  });
});
