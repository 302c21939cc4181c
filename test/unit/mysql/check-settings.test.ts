import { expect, test } from 'vitest';
import type { RestoreRequest } from '../../../src/engine/engine.ts';
import { checkSettings } from '../../../src/engine/mysql/check-settings.ts';

const requestOf = (settings: object, kinds: readonly string[]): RestoreRequest =>
  ({
    manifest: { source: { settings }, steps: [{ phase: 'roles' }] },
    contents: { inventory: kinds.map((kind) => ({ kind, name: 'x', value: {} })) },
  }) as unknown as RestoreRequest;

test.for([
  { source: { partial_revokes: 'ON' }, here: { partial_revokes: 'ON' }, kinds: ['partial-revoke'], found: [] },
  { source: { partial_revokes: 'ON' }, here: { partial_revokes: 'OFF' }, kinds: ['partial-revoke'], found: ['error'] },
  { source: { partial_revokes: 'ON' }, here: { partial_revokes: 'OFF' }, kinds: ['grant'], found: ['warning'] },
  { source: { mandatory_roles: 'r' }, here: { mandatory_roles: '' }, kinds: ['account'], found: ['warning'] },
  { source: { mandatory_roles: 'r' }, here: { mandatory_roles: 'r' }, kinds: ['account'], found: [] },
  { source: {}, here: { mandatory_roles: '' }, kinds: ['account'], found: [] },
  {
    source: { activate_all_roles_on_login: 'ON' },
    here: { activate_all_roles_on_login: 'OFF' },
    kinds: ['account'],
    found: ['warning'],
  },
])('$source of the source and $here of the target are $found', ({ source, here, kinds, found }) => {
  const variables = new Map(Object.entries(here));
  const diagnostics = checkSettings(variables, requestOf(source, kinds), { isClean: true });
  expect(diagnostics.map(({ severity }) => severity)).toEqual(found);
});
