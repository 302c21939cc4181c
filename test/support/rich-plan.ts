import { duration } from '../../src/base/duration.ts';
import { planBackup } from '../../src/plan/plan-backup.ts';
import type { Plan } from '../../src/plan/plan.ts';
import {
  ago,
  backup,
  database,
  days,
  desired,
  hours,
  noRetention,
  observed,
  observedDatabase,
  place,
  policy,
  repository,
  server,
  unreachable,
} from './observed.ts';

/** A world in which everything happens at once, hostile names included. */
export function richPlan(): Plan {
  const gold = policy({
    objectives: { rpo: hours(24), rto: hours(1) },
    retention: { ...noRetention, last: 2, daily: 3 },
    verify: { every: days(7) },
    drill: { every: days(7), level: 'L5', checks: [], logins: [] },
  });
  const drill = { at: ago(days(4)), passed: true, level: 'L5', restoreMs: 41_000 } as const;
  const spec = desired([
    database('botpress_db', { policy: gold, place: place(31) }),
    database('cmdb', { policy: gold, place: place(36) }),
    database('evil\n\u001B[31m@everyone <!-- ```', { place: place(40) }),
    database('gone', { place: place(44) }),
    database('legacy', { server: 'old', policy: gold, place: place(48) }),
  ]);
  const before =
    'grant SELECT on all tables to botpress_readonly\nrole botpress login\nrole botpress_readonly nologin\n';
  const after = 'role botpress login\nrole botpress_readonly nologin\nrole reporting_ro login\n';
  const newest = backup('botpress_db', hours(26), { drilled: drill, passwords: { keyId: 'k1', digest: 'd1' } });
  const graced = backup('cmdb', days(40));
  const gone = backup('cmdb', days(41));
  const world = observed({
    repositories: [
      repository(
        [
          newest,
          backup('botpress_db', days(9), { verified: { at: ago(days(9)), level: 'L2', passed: true } }),
          ...[1, 2, 3, 20, 27].map((age) =>
            backup('cmdb', duration(days(age) - hours(10)), {
              degradations: [
                { code: 'foreign-table-data', subject: 'public.remote', detail: 'rows of foreign table public.remote' },
              ],
            }),
          ),
          backup('cmdb', days(4), { verified: { at: ago(days(1)), level: 'L2', passed: false } }),
          backup('old_app', days(30)),
          backup('legacy', days(2), { address: { server: 'old', database: 'legacy' } }),
        ],
        {
          unfinished: [
            {
              id: '20261119T020000Z-deadbeef' as never,
              modifiedAt: ago(days(3)),
              live: false,
              abandoned: false,
              hasContents: true,
            },
          ],
          expired: [
            { id: graced.id, address: graced.address, at: ago(hours(5)), backup: graced },
            { id: gone.id, address: gone.address, at: ago(hours(30)), backup: gone },
          ],
          invalidManifests: [{ key: 'manifests/srv/cmdb/20261120T020000Z-0badf00d.json', detail: 'not JSON' }],
        },
      ),
    ],
    servers: [
      server(
        [
          observedDatabase('botpress_db', {
            access: { fingerprint: 'e'.repeat(64), text: after, passwords: { keyId: 'k1', digest: 'd2' } },
            backedUpAccess: { backup: newest.id, text: before },
            preflight: {
              degradations: [
                { code: 'passwords-unreadable', subject: 'botpress', detail: 'the login may not read pg_authid' },
              ],
              refused: [],
            },
          }),
          'cmdb',
          'evil\n\u001B[31m@everyone <!-- ```',
          'stray',
        ],
        { version: '17.2', versionNumber: 170_002, series: '17' },
      ),
      unreachable('old'),
    ],
  });
  return planBackup(spec, world);
}
