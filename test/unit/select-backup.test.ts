import { describe, expect, it } from 'vitest';
import { parseInstant, type Instant } from '../../src/base/instant.ts';
import { manifestKey, parseBackupId, type BackupId } from '../../src/manifest/keys.ts';
import { newestOf } from '../../src/plan/history.ts';
import { passedOver, selectBackup, unreadableOf } from '../../src/run/select-backup.ts';
import type { BackupSummary } from '../../src/plan/observed.ts';

const address = { server: 'main', database: 'shop' };
const id = (day: number): BackupId => {
  const parsed = parseBackupId(`202611${String(day).padStart(2, '0')}T000000Z-00000000`);
  if (parsed === undefined) throw new Error('no id');
  return parsed;
};
const at = (day: number): Instant =>
  parseInstant(`2026-11-${String(day).padStart(2, '0')}T00:00:00Z`) ?? (0 as Instant);
const latest = { kind: 'latest', at: at(20) } as const;
const backup = (day: number, passed?: boolean): BackupSummary =>
  ({
    id: id(day),
    address,
    snapshotAt: at(day),
    sequence: day,
    verified: passed === undefined ? undefined : { at: at(day), level: 'L2', passed },
    expiredAt: undefined,
  }) as unknown as BackupSummary;

describe('choosing a backup', () => {
  it('takes the newest whose verification did not fail, and says what it passed over', () => {
    const backups = [backup(1), backup(2, true), backup(3, false)];
    const chosen = selectBackup(backups, address, latest);
    expect(chosen.id).toBe(id(2));
    expect(passedOver({ backups, unreadable: [], lost: [] }, chosen, latest)).toEqual([
      `the newer backup ${id(3)} is damaged and was passed over`,
    ]);
  });

  it('says also that a newer one has a manifest that cannot be read', () => {
    const unreadable = unreadableOf([{ key: manifestKey(address, id(9)) }, { key: 'manifests/x/y/no-id.json' }]);
    const chosen = backup(2);
    expect(passedOver({ backups: [chosen], unreadable, lost: [] }, chosen, latest)).toHaveLength(1);
    const elsewhere = unreadableOf([{ key: manifestKey({ server: 'main', database: 'other' }, id(9)) }]);
    expect(passedOver({ backups: [chosen], unreadable: elsewhere, lost: [] }, chosen, latest)).toEqual([]);
  });

  it('takes what is known by its id alone for newer than another one of its second', () => {
    const chosen = { ...backup(9), id: `${id(9).slice(0, -1)}f` as BackupId, snapshotAt: (at(9) + 700) as Instant };
    const unreadable = unreadableOf([{ key: manifestKey(address, id(9)) }]);
    expect(newestOf([chosen, ...unreadable], latest.at)).toBe(unreadable[0]);
    for (const selection of [latest, { kind: 'before', at: chosen.snapshotAt } as const]) {
      expect(passedOver({ backups: [chosen], unreadable, lost: [] }, chosen, selection)).toHaveLength(1);
      const lost = [{ address, id: id(9), sequence: undefined }];
      expect(passedOver({ backups: [chosen], unreadable: [], lost }, chosen, selection)).toHaveLength(1);
    }
  });

  it('says also that a newer one is gone', () => {
    const lost = [
      { address, id: id(9), sequence: 9 },
      { address, id: undefined, sequence: 8 },
    ];
    const chosen = backup(2);
    expect(passedOver({ backups: [chosen], unreadable: [], lost }, chosen, latest)).toEqual([
      `the newer backup ${id(9)} is gone without having expired and was passed over`,
    ]);
  });

  it('does not take for the newest what a wrong clock dated ahead, once another one followed', () => {
    const ahead = { ...backup(29), sequence: 1 };
    const backups = [backup(2), backup(3), ahead];
    const chosen = selectBackup(backups, address, latest);
    expect(chosen.id).toBe(id(3));
    expect(passedOver({ backups, unreadable: [], lost: [] }, chosen, latest)).toEqual([
      `the newer backup ${id(29)} is dated in the future and was passed over`,
    ]);
    expect(selectBackup(backups, address, { kind: 'id', id: id(29) })).toBe(ahead);
    // One whose manifest cannot be read has no number: nothing says that it was committed before the others.
    const unreadable = { id: id(30), snapshotAt: at(30) };
    expect(newestOf([...backups, unreadable], latest.at)).toBe(unreadable);
  });

  it('says which one is damaged where there is no other', () => {
    const choose = () => selectBackup([backup(1, false), backup(3, false)], address, latest);
    expect(choose).toThrowError(
      expect.objectContaining({
        hint: expect.stringContaining(`${id(3)} is damaged: --set ${id(3)} tries it`) as string,
      }),
    );
  });

  it('tells two of one moment apart by the order of commits', () => {
    const backups = [backup(2), { ...backup(3), snapshotAt: at(2) }, { ...backup(1), snapshotAt: at(2) }];
    expect(selectBackup(backups, address, latest).id).toBe(id(3));
  });

  it('believes in the order of commits where it may be our own clock that is behind', () => {
    const backups = [backup(2), backup(29), backup(30)];
    expect(selectBackup(backups, address, latest).id).toBe(id(30));
  });

  it('is silent about what the request excludes anyway', () => {
    const backups = [backup(1), backup(3, false)];
    const before = { kind: 'before', at: at(2) } as const;
    expect(passedOver({ backups, unreadable: [], lost: [] }, selectBackup(backups, address, before), before)).toEqual(
      [],
    );
    const byId = { kind: 'id', id: id(3) } as const;
    expect(selectBackup(backups, address, byId).id).toBe(id(3));
    expect(passedOver({ backups, unreadable: [], lost: [] }, backup(1), byId)).toEqual([]);
  });

  it('refuses where nothing fits, and says where to look', () => {
    expect(() => selectBackup([backup(3, false)], address, latest)).toThrow(
      expect.objectContaining({ code: 'restore/no-backup' }),
    );
  });
});
