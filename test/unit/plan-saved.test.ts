import { describe, expect, test } from 'vitest';
import type { BackupSummary, Observed } from '../../src/plan/observed.ts';
import { planBackup } from '../../src/plan/plan-backup.ts';
import { planDocument } from '../../src/plan/plan-document.ts';
import { planId } from '../../src/plan/plan-id.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { constrain, parseSavedPlan } from '../../src/plan/saved-plan.ts';
import { planJson } from '../../src/render/plan-json.ts';
import { instant } from '../../src/base/instant.ts';
import {
  ago,
  backup,
  database,
  days,
  desired,
  hours,
  noRetention,
  now,
  observed,
  policy,
  repository,
  server,
  unreachable,
} from '../support/observed.ts';
import { richPlan } from '../support/rich-plan.ts';
import { succeed } from '../support/succeed.ts';

const tool = { name: 'holdfast', version: '0.1.0' };
const keepTwo = policy({ retention: { ...noRetention, last: 2 } });
const app = database('app', { policy: keepTwo });
const pattern = database('app', { select: { kind: 'pattern', match: 'a*', except: [] }, policy: keepTwo });
const old = [hours(30), days(3), days(4), days(5)].map((age) => backup('app', age));
const world = (backups: readonly BackupSummary[] = old, change: Partial<Observed> = {}) =>
  observed({ servers: [server(['app'])], repositories: [repository(backups)], ...change });
const plan = (seen: Observed, entry = app): Plan => planBackup(desired([entry]), seen);
const saved = planDocument(plan(world()), tool);
const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);

describe('a saved plan', () => {
  test('allows what it lists while nothing changed, hours later too', () => {
    const later = plan({ ...world(), at: instant(now + hours(3)) });
    expect(constrain(saved, later)).toEqual({ allowed: later.actions, satisfied: [], stale: [], unlisted: [] });
    expect(ids(later.actions)).toEqual(['back-up:srv/app', 'expire:srv/app']);
  });

  test('is satisfied once it was carried out', () => {
    const after = constrain(saved, plan(succeed(world(), plan(world()).actions, now)));
    expect(after.allowed).toEqual([]);
    expect(after.stale).toEqual([]);
    expect(ids(after.satisfied)).toEqual(['back-up:srv/app', 'expire:srv/app']);
  });

  test.each([
    [
      'holds',
      plan(world(), database('app', { policy: { ...keepTwo, roles: { ...keepTwo.roles, scope: 'all' } } })),
      'back-up:srv/app',
    ],
    ['server', plan(world(old, { servers: [server(['app'], { identity: 'another' })] })), 'back-up:srv/app'],
    ['newest', plan(world([backup('app', hours(25)), ...old])), 'back-up:srv/app'],
    ['repository', plan(world(old, { repositories: [repository(old, { id: 'another' })] })), 'back-up:srv/app'],
    ['blocked', plan(world(old, { servers: [unreachable('srv')] })), 'back-up:srv/app'],
    ['address', plan(world(old, { servers: [server(['app', 'other'])] }), database('other')), 'back-up:srv/app'],
    ['address', plan(world(old, { servers: [server([])] }), pattern), 'back-up:srv/app'],
    ['backups', plan(world(), database('app', { policy: policy() })), 'expire:srv/app'],
  ])('is stale where %s differs, and says so', (field, fresh, action) => {
    expect(constrain(saved, fresh).stale).toContainEqual({ action, field });
    expect(ids(constrain(saved, fresh).allowed)).not.toContain(action);
  });

  test('that was made without asking the server holds for whichever answers', () => {
    const blind = planDocument(plan(world(old, { servers: [{ name: 'srv', state: 'not-asked' }] })), tool);
    expect(ids(constrain(blind, plan(world())).allowed)).toEqual(['back-up:srv/app', 'expire:srv/app']);
  });

  test('is stale where the repository cannot be read any more', () => {
    const diagnostic = { severity: 'error', code: 'repository/unreachable', summary: 'not mounted' } as const;
    const { stale, satisfied } = constrain(
      saved,
      plan(
        world(old, { repositories: [{ name: 'primary', location: '/srv/backups', state: 'unreachable', diagnostic }] }),
      ),
    );
    expect(stale.map(({ field }) => field)).toEqual(['repository', 'repository']);
    expect(satisfied).toEqual([]);
  });

  test('does not let anything in that it does not list', () => {
    const both = planBackup(desired([app, database('web')]), world(old, { servers: [server(['app', 'web'])] }));
    const { allowed, unlisted } = constrain(saved, both);
    expect(ids(allowed)).toEqual(['back-up:srv/app', 'expire:srv/app']);
    expect(ids(unlisted)).toEqual(['back-up:srv/web']);
  });

  test('removes of what it lists what is still there, and nothing else', () => {
    const fresh = plan(world(old.slice(0, 3).concat(backup('app', days(9)))));
    const expire = constrain(saved, fresh).allowed.find(({ kind }) => kind === 'expire');
    expect(expire).toMatchObject({ backups: [old[1]?.id, old[2]?.id] });
    const listed = fresh.actions.find(({ kind }) => kind === 'expire');
    expect(listed).toMatchObject({ backups: [old[1]?.id, old[2]?.id, backup('app', days(9)).id] });
  });

  test('does not expire on the strength of a back-up that it does not list', () => {
    const recent = [hours(1), hours(2), hours(3)].map((age) => backup('app', age));
    const expireOnly = planDocument(plan(world(recent)), tool);
    expect(ids(expireOnly.actions)).toEqual(['expire:srv/app']);
    const { allowed, stale } = constrain(expireOnly, plan({ ...world(recent), at: instant(now + days(2)) }));
    expect(allowed).toEqual([]);
    expect(stale).toEqual([{ action: 'expire:srv/app', field: 'dependsOn' }]);
  });
});

describe('its file', () => {
  test('reads back what was saved', () => {
    expect(parseSavedPlan(planJson(richPlan(), tool))).toEqual(planDocument(richPlan(), tool));
  });

  test('ignores properties that a newer Holdfast added', () => {
    const more = { ...planDocument(richPlan(), tool), novelty: 1 };
    expect(parseSavedPlan(JSON.stringify(more))).toMatchObject({ planId: more.planId });
  });

  test.each([
    ['no JSON', () => 'backup.yaml', 'usage/invalid'],
    ['another document', () => '{"formatVersion":1,"kind":"holdfast.manifest"}', 'usage/invalid'],
    [
      'another format',
      () => planJson(richPlan(), tool).replace('"formatVersion": 1', '"formatVersion": 2'),
      'usage/invalid',
    ],
    [
      'an edited deletion',
      () => planJson(richPlan(), tool).replaceAll('20261102T191204Z-6fc99e9b', '20261121T191204Z-197447b6'),
      'plan/stale',
    ],
    [
      'a dropped action',
      () =>
        JSON.stringify({ ...planDocument(richPlan(), tool), actions: planDocument(richPlan(), tool).actions.slice(1) }),
      'plan/stale',
    ],
  ])('is refused: %s', (_, text, code) => {
    expect(() => parseSavedPlan(text())).toThrow(expect.objectContaining({ code }));
  });
});

describe('the id of a plan', () => {
  test('stays while only time passes and changes with an action', () => {
    expect(planId(plan({ ...world(), at: instant(now + hours(1)) }))).toBe(planId(plan(world())));
    expect(planId(plan(world(old.slice(0, 3))))).not.toBe(planId(plan(world())));
    expect(
      planId(
        plan(
          world([backup('app', hours(29), { verified: { at: ago(hours(1)), level: 'L1', passed: false } }), ...old]),
        ),
      ),
    ).not.toBe(planId(plan(world())));
  });
});
