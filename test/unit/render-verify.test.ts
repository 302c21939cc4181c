import { describe, expect, test } from 'vitest';
import type { BackupId } from '../../src/manifest/keys.ts';
import { strictly } from '../support/schema.ts';
import { paint } from '../../src/render/paint.ts';
import { verifyJson } from '../../src/render/verify-json.ts';
import { exitCodeOfVerify } from '../../src/cli/exit-code.ts';
import { verifyText } from '../../src/render/verify-text.ts';
import { OperationError } from '../../src/base/operation-error.ts';
import type { VerifyReport } from '../../src/run/outcome.ts';

const good: VerifyReport = {
  address: { server: 'wfdb02', database: 'botpress_db' },
  backup: '20261122T020000Z-3f9a2c71' as BackupId,
  level: 'L2',
  passed: true,
  objects: 17,
  storedBytes: 31_000_000,
  plainBytes: 134_000_000,
  ms: 1_200,
  problems: [],
};

const damaged: VerifyReport = {
  ...good,
  address: { server: 'wfdb02', database: 'cmdb' },
  level: 'L1',
  passed: false,
  problems: ['data/20261122T020000Z-3f9a2c71/dump/3456.dat.gz: sha256 differs', 'contents/x\u001b[2J: missing'],
};

describe('what a verification found', () => {
  test('as text', async () => {
    await expect(
      verifyText({ notVerified: [], verified: [good, damaged], lost: [], notRead: [] }, paint(0)),
    ).toMatchFileSnapshot('golden/evidence-verify.txt');
  });

  test('what could not be read is named, and is neither verified nor damaged', () => {
    const error = new OperationError('repository/io', 'reading data/x failed (EACCES)');
    const notVerified = [{ address: damaged.address, backup: damaged.backup, error }];
    const text = verifyText({ verified: [good], notVerified, lost: [], notRead: [] }, paint(0));
    expect(text).toContain('✗ NOT READ wfdb02/cmdb');
    expect(text).toContain('1 verified, 0 damaged, 1 not read.');
    expect(exitCodeOfVerify({ verified: [good], notVerified, lost: [], notRead: [] })).toBe(24);
    expect(exitCodeOfVerify({ verified: [], notVerified, lost: [], notRead: [] })).toBe(1);
    expect(exitCodeOfVerify({ verified: [damaged], notVerified, lost: [], notRead: [] })).toBe(26);
  });

  test('a repository that could not be read leaves a gap, and its backups are neither verified nor damaged', () => {
    const error = new OperationError('repository/unreachable', 'x cannot be read', { hint: 'Mount it.' });
    const found = { notVerified: [], lost: [], notRead: [{ name: 'offsite', location: '/mnt/offsite', error }] };
    const text = verifyText({ ...found, verified: [good] }, paint(0));
    expect(text).toContain('✗ NOT READ  repository offsite at /mnt/offsite: x cannot be read [repository/unreachable]');
    expect(text).toContain('Mount it.');
    expect(text).toContain('1 verified, 0 damaged, 1 repository not read.');
    expect(exitCodeOfVerify({ ...found, verified: [good] })).toBe(24);
    expect(exitCodeOfVerify({ ...found, verified: [] })).toBe(1);
    expect(exitCodeOfVerify({ ...found, verified: [damaged] })).toBe(26);
  });

  test('nothing verified is not reported as verified', () => {
    expect(verifyText({ notVerified: [], verified: [], lost: [], notRead: [] }, paint(0))).toBe(
      'No backup was verified.\n',
    );
  });

  test('a backup that is gone cannot be verified, and is counted', () => {
    const lost = [{ address: good.address, id: undefined, sequence: 4, location: '/srv/backups' }];
    const text = verifyText({ notVerified: [], verified: [good], lost, notRead: [] }, paint(0));
    expect(text).toContain(
      '✗ LOST      wfdb02/botpress_db  backup number 4 in /srv/backups is gone without having expired',
    );
    expect(text).toContain('1 verified, 0 damaged, 1 lost.');
    expect(JSON.parse(verifyJson({ notVerified: [], verified: [good], lost, notRead: [] }, 26))).toMatchObject({
      lost: [{ id: null, sequence: 4, repository: '/srv/backups' }],
      summary: { passed: 1, failed: 0, lost: 1 },
    });
  });

  test('a result that could not be stored is told beside the verdict', () => {
    const notRecorded = new OperationError('repository/io', 'storing a record: permission denied', { hint: 'Ask.' });
    const verification = {
      notVerified: [],
      verified: [
        { ...good, notRecorded },
        { ...damaged, notRecorded },
      ],
      lost: [],
      notRead: [],
    };
    const text = verifyText(verification, paint(0));
    expect(text).toMatch(
      /^✓ verified {2}wfdb02\/botpress_db .*\n {14}! not recorded: storing a record: permission denied \[repository\/io\]$/m,
    );
    expect(text.match(/not recorded/g)).toHaveLength(2);
    expect(JSON.parse(verifyJson(verification, 26))).toMatchObject({
      backups: [{ passed: true, notRecorded: { code: 'repository/io' } }, { passed: false }],
    });
  });

  test('keeps schemas/verify.v1', async () => {
    const errorsOf = await strictly('verify');
    const lost = [{ address: good.address, id: good.backup, sequence: undefined, location: '/srv/backups' }];
    const notRecorded = new OperationError('repository/io', 'permission denied');
    const notRead = [{ name: 'offsite', location: '/mnt/offsite', error: notRecorded }];
    const document = verifyJson({ notVerified: [], verified: [{ ...good, notRecorded }, damaged], lost, notRead }, 26);
    expect(errorsOf(JSON.parse(document))).toEqual([]);
    expect(errorsOf(JSON.parse(document.replace('"L1"', '"L9"')))).not.toEqual([]);
  });

  test('as one JSON document', () => {
    expect(JSON.parse(verifyJson({ notVerified: [], verified: [good, damaged], lost: [], notRead: [] }, 26))).toEqual({
      formatVersion: 1,
      kind: 'holdfast.verify',
      backups: [good, damaged].map((report) => ({ ...report, notRecorded: null })),
      notVerified: [],
      lost: [],
      repositoriesNotRead: [],
      summary: { passed: 1, failed: 1, notVerified: 0, lost: 0 },
      exit: 26,
    });
  });
});
