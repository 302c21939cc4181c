import { expect, test } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import { listJson } from '../../src/render/list-json.ts';
import { listText } from '../../src/render/list-text.ts';
import { paint } from '../../src/render/paint.ts';
import { strictly } from '../support/schema.ts';
import { ago, backup, days, hours, now } from '../support/observed.ts';

const backups = [
  backup('app', days(2), { verified: { at: ago(hours(3)), level: 'L2', passed: false } }),
  backup('app', hours(2), { drilled: { at: ago(hours(1)), passed: true, level: 'L5', restoreMs: 41_000 } }),
  backup('new\nline', hours(5), { degradations: [{ code: 'passwords-unreadable', subject: 'x', detail: 'y' }] }),
  backup('app', hours(-3)),
].map((each) => ({ ...each, location: '/srv/backups' }));

test('text: by database, newest first, with the proof that each has shown', () => {
  const lines = listText({ backups, lost: [], unreadable: [], notRead: [] }, { at: now, paint: paint(0) })
    .trimEnd()
    .split('\n');
  expect(lines[0]).toMatch(/^ {2}id +snapshot +age +tables +rows +stored +proof +lacks$/);
  expect(lines[1]).toBe('srv/app');
  expect(lines[2]).toContain('in the future');
  expect(lines[3]).toMatch(/2h +42 +1200000 +134 MB +L5 2026-11-22T08:12Z$/);
  expect(lines[4]).toMatch(/2d .*L2 2026-11-20T09:13Z DAMAGED$/);
  expect(lines[5]).toBe('srv/new\\nline');
  expect(lines[6]).toMatch(/1 \(passwords-unreadable\)$/);
  expect(lines).toHaveLength(7);
});

test('text: says which repository has a backup where there are several', () => {
  const [first, ...more] = backups;
  if (first === undefined) throw new Error('there are backups');
  const listing = {
    backups: [{ ...first, location: '/mnt/off\nsite' }, ...more],
    lost: [],
    unreadable: [],
    notRead: [],
  };
  const text = listText(listing, { at: now, paint: paint(0) });
  expect(text).toMatch(/^ {2}id .* proof +repository +lacks$/m);
  expect(text).toMatch(/L2 2026-11-20T09:13Z DAMAGED +\/mnt\/off\\nsite$/m);
  expect(text.match(/\/srv\/backups/g)).toHaveLength(3);
});

test('text: none', () => {
  expect(listText({ backups: [], lost: [], unreadable: [], notRead: [] }, { at: now, paint: paint(0) })).toBe(
    'No backups.\n',
  );
});

test('JSON: everything, newest first', () => {
  const { backups: listed } = JSON.parse(listJson({ backups, lost: [], unreadable: [], notRead: [] }, now)) as {
    backups: readonly Record<string, unknown>[];
  };
  expect(listed.map(({ id }) => id)).toEqual([backups[3], backups[1], backups[2], backups[0]].map((item) => item?.id));
  expect(listed[3]).toMatchObject({
    proof: { level: 'L2', damaged: true },
    verified: { passed: false },
    drilled: null,
    ageMs: days(2),
  });
});

test('what is gone without having expired is told in both, also where nothing is left', () => {
  const id = backups[0]?.id;
  const lost = [{ address: { server: 'srv', database: 'app' }, id, sequence: 3, location: '/srv/backups' }];
  const text = listText({ backups: [], lost, unreadable: [], notRead: [] }, { at: now, paint: paint(0) });
  expect(text).toMatch(/^No backups\.\n\n✗ LOST {6}srv\/app {2}backup \S+ \(number 3\) in \/srv\/backups is gone/);
  expect(JSON.parse(listJson({ backups: [], lost, unreadable: [], notRead: [] }, now))).toMatchObject({
    lost: [{ address: { server: 'srv', database: 'app' }, id, sequence: 3, repository: '/srv/backups' }],
  });
});

test('a damaged manifest is told in both', () => {
  const [{ id, address, snapshotAt }] = backups as [(typeof backups)[0]];
  const listing = {
    backups: [],
    lost: [],
    unreadable: [{ id, address, snapshotAt, location: '/srv/backups' }],
    notRead: [],
  };
  expect(listText(listing, { at: now, paint: paint(0) })).toContain(
    `✗ DAMAGED   srv/app  the manifest of backup ${id} in /srv/backups cannot be read`,
  );
  expect(JSON.parse(listJson(listing, now))).toMatchObject({
    unreadable: [{ address, id, repository: '/srv/backups' }],
  });
});

const notRead = [
  {
    name: 'offsite',
    location: '/mnt/offsite',
    error: new OperationError('repository/not-initialised', '/mnt/offsite holds no holdfast.json', {
      hint: 'Check that its disk is mounted.',
    }),
  },
];

test('a repository that could not be read is told in both, and none claims that there is nothing in it', () => {
  const text = listText({ backups, lost: [], unreadable: [], notRead }, { at: now, paint: paint(0) });
  expect(text).toContain('srv/app');
  expect(text).toMatch(
    /✗ NOT READ {2}repository offsite at \/mnt\/offsite: \/mnt\/offsite holds no holdfast\.json \[repository\/not-initialised\]\n.*missing here\.\n +Check that its disk is mounted\.\n$/,
  );
  const none = { backups: [], lost: [], unreadable: [], notRead };
  expect(listText(none, { at: now, paint: paint(0) })).toMatch(/^No backups in what could be read\.\n/);
  expect(JSON.parse(listJson(none, now))).toMatchObject({
    repositoriesNotRead: [{ name: 'offsite', location: '/mnt/offsite', error: { code: 'repository/not-initialised' } }],
  });
});

test('JSON: keeps schemas/list.v1', async () => {
  const errorsOf = await strictly('list');
  const expired = backup('app', days(9), {
    expiredAt: ago(hours(1)),
    previous: backups[0]?.id ?? null,
    drilled: { at: ago(hours(1)), passed: false, level: undefined, restoreMs: undefined },
  });
  const location = '/srv/backups';
  const { address, id, snapshotAt } = expired;
  const gone = { lost: [{ address, id: undefined, sequence: undefined, location }] };
  const listing = { ...gone, unreadable: [{ address, id, snapshotAt, location }], notRead };
  expect(errorsOf(JSON.parse(listJson({ ...listing, backups: [...backups, { ...expired, location }] }, now)))).toEqual(
    [],
  );
  expect(errorsOf({ ...(JSON.parse(listJson({ ...listing, backups }, now)) as object), more: 1 })).toHaveLength(1);
});
