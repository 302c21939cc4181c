import { describe, expect, test } from 'vitest';
import type { BackupId } from '../../src/manifest/keys.ts';
import { lostBackups, type Trace, type TracedBackup } from '../../src/plan/lost-backups.ts';
import { lostFindings } from '../../src/plan/lost-findings.ts';
import { fc } from '../support/properties.ts';

const address = { server: 'srv', database: 'app' };
const idOf = (second: number, random: number): BackupId =>
  `20261122T${String(second).padStart(6, '0')}Z-${random.toString(16).padStart(8, '0')}` as BackupId;

interface History {
  readonly present: Map<BackupId, TracedBackup>;
  /** Manifests that nobody can read. */
  readonly damaged: Set<BackupId>;
  readonly tombstones: Map<BackupId, number | undefined>;
  readonly named: Map<BackupId, number | undefined>;
}

type Step =
  | { readonly kind: 'commit'; readonly second: number; readonly remembers: boolean }
  | { readonly kind: 'expire' | 'sweep' | 'damage'; readonly pick: number; readonly knows: boolean };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    // Ids go by the source's clock, which may run back.
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('commit' as const), second: fc.nat(99), remembers: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('expire' as const, 'sweep' as const, 'damage' as const),
        pick: fc.nat(),
        knows: fc.boolean(),
      }),
    },
  ),
  { maxLength: 60 },
);

/** What runs and expiries make of a repository; the rules of src/run/back-up.ts and src/repository/remove.ts. */
function historyOf(list: readonly Step[]): History {
  const history: History = { present: new Map(), damaged: new Set(), tombstones: new Map(), named: new Map() };
  const { present, damaged, tombstones, named } = history;
  let lease: TracedBackup | undefined;
  for (const [index, step] of list.entries()) {
    if (step.kind === 'commit') {
      const before = newest(history);
      const last = lease !== undefined && lease.sequence > (before?.sequence ?? 0) ? lease : before;
      const backup = {
        id: idOf(step.second * 100 + index, index),
        sequence: (last?.sequence ?? 0) + 1,
        previous: last?.id ?? null,
      };
      present.set(backup.id, backup);
      lease = backup;
      if (step.remembers) named.set(backup.id, backup.sequence);
      continue;
    }
    const ids = [...present.keys()].sort();
    // Neither expiry nor sweep touches the last one.
    const id = ids[step.pick % Math.max(1, ids.length - 1)];
    const backup = id === undefined || ids.length < 2 ? undefined : present.get(id);
    if (id === undefined || backup === undefined) continue;
    if (step.kind === 'damage') {
      present.delete(id);
      damaged.add(id);
    } else {
      tombstones.set(id, step.knows ? backup.sequence : undefined);
      if (step.kind === 'sweep') present.delete(id);
    }
  }
  return history;
}

function newest({ present, damaged }: History): TracedBackup | undefined {
  let above = 0;
  for (const id of [...present.keys(), ...damaged].sort().reverse()) {
    const backup = present.get(id);
    if (backup !== undefined) return { ...backup, sequence: backup.sequence + above };
    above += 1;
  }
  return undefined;
}

const traceOf = ({ present, damaged, tombstones, named }: History): Trace => ({
  address,
  present: [...present.values()],
  accounted: new Map([...[...damaged].map((id) => [id, undefined] as const), ...tombstones]),
  named,
});

describe('backups that are gone', () => {
  test('are none, whatever runs, expiries, sweeps and damage made of the repository', () => {
    fc.assert(
      fc.property(steps, (list) => {
        expect(lostBackups(traceOf(historyOf(list)))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('are all told, each once, when somebody removes manifests', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (list, picks) => {
        const history = historyOf(list.filter(({ kind }) => kind !== 'damage'));
        // A manifest that goes while its tombstone stands is an expiry that somebody finished by hand.
        const removable = [...history.present.values()].filter(({ id }) => !history.tombstones.has(id));
        const removed = new Set(picks.flatMap((pick) => removable[pick % Math.max(1, removable.length)] ?? []));
        for (const { id, sequence } of removed) {
          history.present.delete(id);
          // What a lease or a record knows of it; without it the very last one leaves no trace.
          history.named.set(id, sequence);
        }
        const lost = lostBackups(traceOf(history));
        expect(new Set(lost.map(({ id }) => id))).toEqual(new Set([...removed].map(({ id }) => id)));
        expect(lost).toHaveLength(removed.size);
      }),
      { numRuns: 2_000 },
    );
  });

  test('are told by their number where nothing knows their id', () => {
    const chain = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((sequence) => ({
      id: idOf(sequence, sequence),
      sequence,
      previous: sequence === 1 ? null : idOf(sequence - 1, sequence - 1),
    }));
    const kept = chain.filter(({ sequence }) => ![2, 4, 5, 6].includes(sequence));
    const tombstone = idOf(2, 2);
    expect(
      lostBackups({ address, present: kept, accounted: new Map([[tombstone, undefined]]), named: new Map() }),
    ).toEqual([
      { address, id: idOf(6, 6), sequence: 6 },
      { address, id: undefined, sequence: 4 },
      { address, id: undefined, sequence: 5 },
    ]);
  });

  test('are found also where a tombstone of another one would explain the number', () => {
    const present = [{ id: idOf(9, 9), sequence: 9, previous: idOf(8, 8) }];
    const accounted = new Map([1, 2, 3, 4, 5, 6, 7].map((number) => [idOf(number, number), number]));
    expect(lostBackups({ address, present, accounted, named: new Map() })).toEqual([
      { address, id: idOf(8, 8), sequence: 8 },
    ]);
  });

  test('that never can have been that many end in a list that ends', () => {
    const present = [{ id: idOf(1, 1), sequence: Number.MAX_SAFE_INTEGER, previous: null }];
    expect(lostBackups({ address, present, accounted: new Map(), named: new Map() }).length).toBeLessThanOrEqual(
      100_000,
    );
  });
});

test('a finding names the id or the numbers, and how to say that it was meant', () => {
  const numbered = [4, 7, 8, 9].map((sequence) => ({ address, id: undefined, sequence }));
  const findings = lostFindings([{ address, id: idOf(3, 3), sequence: 3 }, ...numbered], 'primary');
  expect(findings.map(({ code, severity, subject, summary }) => [code, severity, subject, summary])).toEqual([
    ['backup/lost', 'error', 'srv/app', `backup ${idOf(3, 3)} (number 3) in primary is gone without having expired`],
    [
      'backup/lost',
      'error',
      'srv/app',
      'the backups with the numbers 4, 7 to 9 in primary are gone without having expired',
    ],
  ]);
  expect(findings[0]?.help).toContain(`tombstones/srv/app/${idOf(3, 3)}.json`);
});
