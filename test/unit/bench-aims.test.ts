import { expect, test } from 'vitest';
import { aimsSection } from '../../bench/aims.ts';

test('an aim is met only where every measure meets it, and says which one does not', () => {
  const section = aimsSection([
    { of: 'peak of apply', where: 'PostgreSQL 15', value: 190e6 },
    { of: 'peak of apply', where: 'PostgreSQL 18', value: 210e6 },
    { of: 'peak of drill', where: 'PostgreSQL 18', value: 201e6 },
    { of: 'dump | gzip -6 / apply', where: 'PostgreSQL 18', value: 3.1 },
    { of: 'planner', value: 0.08 },
  ]);
  expect(section.split('\n').slice(4)).toEqual([
    '| apply at least 3× faster than the vendor’s dump through `gzip -6` | 3.10× (PostgreSQL 18) | yes |',
    '| apply: peak memory at most 200 MB | 190 MB (PostgreSQL 15), 210 MB (PostgreSQL 18) | not with PostgreSQL 18 |',
    '| drill: peak memory at most 200 MB | 201 MB (PostgreSQL 18) | no |',
    '| the planner alone at most 0.5 s | 0.08 s | yes |',
    '',
  ]);
});
