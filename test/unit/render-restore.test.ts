import { describe, expect, test } from 'vitest';
import { OperationError } from '../../src/base/operation-error.ts';
import type { BackupId } from '../../src/manifest/keys.ts';
import { paint } from '../../src/render/paint.ts';
import { restoreJson } from '../../src/render/restore-json.ts';
import { restoreText } from '../../src/render/restore-text.ts';
import type { RestoreOutcome } from '../../src/run/outcome.ts';
import { strictly } from '../support/schema.ts';

const address = { server: 'wfdb02', database: 'botpress_db' };
const backup = '20261122T020000Z-3f9a2c71' as BackupId;

const restored: RestoreOutcome = {
  state: 'restored',
  address,
  backup,
  database: 'botpress\n2',
  ms: 41_000,
  notes: ['tablespace fast was mapped to the default'],
};

const planned: RestoreOutcome = {
  state: 'planned',
  address,
  backup,
  database: 'botpress_db',
  steps: [
    'make 3 missing roles; 2 exist and are equal',
    'create database botpress_db',
    'restore 12 tables with 4 jobs',
    'set owners and grants',
    'analyze',
  ],
  notes: ['the newer backup 20261123T020000Z-0b1c2d3e is damaged and was passed over'],
};

const failed: RestoreOutcome = {
  state: 'failed',
  address: { server: 'wfdb02', database: 'cmdb' },
  backup: undefined,
  error: new OperationError('restore/database-exists', 'database cmdb already exists on home011', {
    hint: 'Restore it under another name with --as, or replace it with --overwrite-database.',
  }),
};

describe('what a restore says', () => {
  test.each([
    ['done', [restored, failed]],
    ['dry-run', [planned]],
  ] as const)('as text: %s', async (name, outcomes) => {
    await expect(restoreText({ outcomes, notRead: [] }, paint(0))).toMatchFileSnapshot(
      `golden/evidence-restore-${name}.txt`,
    );
  });

  test('nothing restored is not reported as restored', () => {
    expect(restoreText({ outcomes: [], notRead: [] }, paint(0))).toContain('Nothing was restored');
  });

  test('names the repositories that could not be read, beside what was restored from others', async () => {
    const error = new OperationError('repository/unreachable', 'x cannot be read');
    const notRead = [{ name: 'offsite', location: '/mnt/offsite', error }];
    expect(restoreText({ outcomes: [restored], notRead }, paint(0))).toMatch(
      /✓ restored .*✗ NOT READ {2}repository offsite at \/mnt\/offsite: x cannot be read .*1 restored, 0 failed\.\n$/s,
    );
    const document: unknown = JSON.parse(restoreJson({ outcomes: [restored], notRead }, 24));
    expect(document).toMatchObject({ repositoriesNotRead: [{ name: 'offsite', location: '/mnt/offsite' }] });
    expect((await strictly('restore'))(document)).toEqual([]);
  });

  test('keeps schemas/restore.v1', async () => {
    const errorsOf = await strictly('restore');
    const document = restoreJson({ outcomes: [restored, planned, failed], notRead: [] }, 24);
    expect(errorsOf(JSON.parse(document))).toEqual([]);
    expect(errorsOf(JSON.parse(document.replace('"planned"', '"hoped"')))).not.toEqual([]);
  });

  test('as one JSON document', () => {
    expect(JSON.parse(restoreJson({ outcomes: [restored, planned, failed], notRead: [] }, 24))).toMatchObject({
      kind: 'holdfast.restore',
      outcomes: [
        { state: 'restored', database: 'botpress\n2' },
        { state: 'planned', steps: planned.steps },
        { state: 'failed', backup: null, error: { code: 'restore/database-exists', transient: false } },
      ],
      summary: { restored: 1, planned: 1, failed: 1 },
      exit: 24,
    });
  });
});
