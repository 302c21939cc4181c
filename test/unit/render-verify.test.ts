import { describe, expect, test } from 'vitest';
import type { BackupId } from '../../src/manifest/keys.ts';
import { paint } from '../../src/render/paint.ts';
import { verifyJson } from '../../src/render/verify-json.ts';
import { verifyText } from '../../src/render/verify-text.ts';
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
    await expect(verifyText([good, damaged], paint(0))).toMatchFileSnapshot('golden/evidence-verify.txt');
  });

  test('nothing verified is not reported as verified', () => {
    expect(verifyText([], paint(0))).toBe('No backup was verified.\n');
  });

  test('as one JSON document', () => {
    expect(JSON.parse(verifyJson([good, damaged], 26))).toEqual({
      formatVersion: 1,
      kind: 'holdfast.verify',
      backups: [good, damaged],
      summary: { passed: 1, failed: 1 },
      exit: 26,
    });
  });
});
