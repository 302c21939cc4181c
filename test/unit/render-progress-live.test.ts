import { describe, expect, test } from 'vitest';
import { paint } from '../../src/render/paint.ts';
import { liveLines, liveProgress } from '../../src/render/progress-live.ts';
import { afterEvent, noProgress, rateOf, remainingMs } from '../../src/render/progress-state.ts';
import type { ProgressState } from '../../src/render/progress-state.ts';
import { openLiveBlock } from '../../src/render/progress-terminal.ts';
import type { RunEvent } from '../../src/run/events.ts';

const size = { columns: 80, rows: 10, paint: paint(0) };

function after(...events: readonly (readonly [number, RunEvent])[]): ProgressState {
  return events.reduce((state, [at, event]) => afterEvent(state, event, at), noProgress);
}

const started = (key: string, title = key): RunEvent => ({ kind: 'started', key, title });
const phase = (key: string, name = 'dump'): RunEvent => ({
  kind: 'phase',
  key,
  phase: name,
  number: 3,
  of: 7,
  subject: key,
});
const progress = (key: string, storedBytes: number, expectedBytes?: number): RunEvent => ({
  kind: 'progress',
  key,
  storedBytes,
  expectedBytes,
});

describe('the live block', () => {
  test('has one line per running action, with what is known of it', async () => {
    const state = after(
      [0, started('a', 'back up wfdb02/botpress_db')],
      [0, started('b', 'back up wfdb02/数据库')],
      [0, started('c', 'verify wfdb02/x\u001b[2J')],
      [0, started('d', 'back up wfdb02/hr')],
      [0, started('e', 'expire wfdb02/cmdb')],
      [1_000, phase('a')],
      [2_000, progress('a', 0, 134_000_000)],
      [22_000, progress('a', 67_000_000, 134_000_000)],
      [20_000, phase('b', 'inventory')],
      [10_000, phase('c', 'proof')],
      [11_000, progress('c', 5_000_000)],
      [21_000, { kind: 'retry', key: 'd', attempt: 2, of: 3, waitMs: 5_000, reason: 'dropped' }],
      [22_000, { kind: 'finished', key: 'e', outcome: 'done', ms: 22_000, summary: '' }],
    );
    await expect(`${liveLines(state, 22_000, size).join('\n')}\n`).toMatchFileSnapshot(
      'golden/evidence-progress-live.txt',
    );
  });

  test('rate and rest are those of the phase, and start again when counting starts again', () => {
    const state = after(
      [0, started('a')],
      [0, phase('a')],
      [10_000, progress('a', 50, 1_050)],
      [20_000, progress('a', 550, 1_050)],
    );
    const action = state.running.get('a');
    if (action === undefined) throw new Error('a is not running');
    expect(rateOf(action, 20_000)).toBe(50);
    expect(remainingMs(action, 20_000)).toBe(10_000);
    const again = afterEvent(
      afterEvent(state, phase('a', 'proof'), 20_000),
      progress('a', 10, 1_000),
      21_000,
    ).running.get('a');
    expect(again?.counting).toEqual({ sinceMs: 21_000, fromBytes: 10 });
  });

  test('shows the bytes of an action without phases, a verification for instance', () => {
    const state = after([0, started('a')], [1_000, progress('a', 0, 100)], [3_000, progress('a', 50, 100)]);
    expect(liveLines(state, 3_000, size)).toEqual(['a  50 B of ~100 B  25 B/s  ~2s left']);
  });

  test('never wraps and never exceeds its rows', () => {
    const events = Array.from(
      { length: 30 },
      (_, n) => [0, started(`${n}`, `back up ${'数'.repeat(60)} ${n}`)] as const,
    );
    for (const columns of [1, 5, 20, 80]) {
      const lines = liveLines(after(...events), 5_000, { ...size, columns, rows: 4 });
      expect(lines).toHaveLength(4);
      for (const line of lines) expect(line.replaceAll('数', '##').length).toBeLessThanOrEqual(columns);
      expect(columns < 20 || lines.at(-1)?.startsWith('… and 27 more')).toBe(true);
    }
  });

  test('is repainted in place, scrolls up under printed lines and leaves nothing behind', () => {
    const screen = emulate();
    const block = openLiveBlock(screen);
    block.repaint(['a 1', 'b 1', 'c 1']);
    block.print(['printed']);
    block.repaint(['a 2', 'c 2']);
    expect(screen.lines()).toEqual(['printed', 'a 2', 'c 2', '']);
    expect(screen.cursorShown()).toBe(false);
    block.end();
    block.end();
    expect(screen.lines()).toEqual(['printed', '']);
    expect(screen.cursorShown()).toBe(true);
  });

  test('keeps a line of everything that ended, and at its end nothing else', () => {
    const screen = emulate();
    const display = liveProgress(screen, paint(0));
    display.event(started('a', 'back up a'), 0);
    display.event(started('b', 'back up b'), 0);
    display.draw(1_000);
    expect(screen.lines()).toEqual(['back up a  starting  1s', 'back up b  starting  1s', '']);
    display.event({ kind: 'finished', key: 'a', outcome: 'failed', ms: 1_500, summary: 'no space' }, 1_500);
    display.draw(2_000);
    expect(screen.lines()).toEqual(['[FAILED] a  after 2s: no space', 'back up b  starting  2s', '']);
    display.end();
    expect(screen.lines()).toEqual(['[FAILED] a  after 2s: no space', '']);
  });
});

/** As much of a terminal as the block uses; anything else it writes fails the test. */
function emulate(): { write(text: string): void; lines(): readonly string[]; cursorShown(): boolean } {
  let rows: string[] = [''];
  let row = 0;
  let shown = true;
  return {
    write(text) {
      // oxlint-disable-next-line no-control-regex -- a terminal is told by control characters
      for (const [token] of text.matchAll(/\u001b\[\??\d*[A-Za-z]|\r|\n|[^\u001b\r\n]+|[^]/g)) {
        if (token === '\n') {
          row += 1;
          rows[row] ??= '';
        } else if (token === '\u001b[J') rows = [...rows.slice(0, row), ''];
        else if (token === '\u001b[?25l') shown = false;
        else if (token === '\u001b[?25h') shown = true;
        else if (token === '\r') continue;
        else if (token.startsWith('\u001b[') && token.endsWith('A')) row -= Number(token.slice(2, -1));
        else if (token.startsWith('\u001b')) throw new Error(`the block wrote ${JSON.stringify(token)}`);
        else rows[row] += token;
      }
    },
    lines: () => rows,
    cursorShown: () => shown,
  };
}
