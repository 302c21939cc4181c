import type { Address } from '../base/address.ts';
import { isoTime, parseInstant, type Instant } from '../base/instant.ts';
import type { Json } from '../base/json.ts';
import { parseBackupId, type BackupId } from './keys.ts';

/** What was found out about a backup after its commit; one write-once object each. Readers ignore unknown properties. */
interface RecordHeader {
  readonly formatVersion: 1;
  /** The backup. */
  readonly id: BackupId;
  readonly address: Address;
  /** ISO 8601. */
  readonly at: string;
  readonly passed: boolean;
  /** Everything that was found, for people and audits: schemas/drill.v1, or a verification's report. */
  readonly evidence: Json;
}

export interface VerifyRecord extends RecordHeader {
  readonly kind: 'holdfast.verify-record';
  readonly level: 'L1' | 'L2';
}

export interface DrillRecord extends RecordHeader {
  readonly kind: 'holdfast.drill-record';
  /** The highest level shown; null where not even the restore succeeded. */
  readonly level: 'L3' | 'L4' | 'L5' | 'L6' | null;
  /** From the start of the fetch to the end of ANALYZE; null where it was not reached. */
  readonly restoreMs: number | null;
}

export type BackupRecord = VerifyRecord | DrillRecord;

export interface VerifyEvidence {
  readonly address: Address;
  readonly backup: BackupId;
  readonly level: 'L1' | 'L2';
  readonly passed: boolean;
}

export function verifyRecord({
  report,
  at,
  tool,
}: {
  readonly report: VerifyEvidence;
  readonly at: Instant;
  readonly tool: { readonly name: string; readonly version: string };
}): VerifyRecord {
  const { address, backup, level, passed } = report;
  return {
    formatVersion: 1,
    kind: 'holdfast.verify-record',
    id: backup,
    address,
    at: isoTime(at),
    passed,
    level,
    evidence: { tool, ...report } as unknown as Json,
  };
}

/** What a record needs of schemas/drill.v1. */
export interface DrillEvidence {
  readonly address: Address;
  readonly backup: { readonly id: string };
  readonly verdict: 'passed' | 'failed';
  readonly reached: string | null;
  readonly rto: { readonly ms: number | null };
}

export function drillRecord({ report, at }: { readonly report: DrillEvidence; readonly at: Instant }): DrillRecord {
  const id = parseBackupId(report.backup.id);
  if (id === undefined) throw new TypeError('a drill report without a backup');
  return {
    formatVersion: 1,
    kind: 'holdfast.drill-record',
    id,
    address: { server: report.address.server, database: report.address.database },
    at: isoTime(at),
    passed: report.verdict === 'passed',
    level: drillLevel(report.reached),
    restoreMs: report.rto.ms,
    evidence: report as unknown as Json,
  };
}

/** A record from its stored bytes; undefined where it is none. */
export function decodeRecord(bytes: Uint8Array): BackupRecord | undefined {
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof data !== 'object' || data === null) return undefined;
  const record = data as Partial<Record<keyof VerifyRecord | keyof DrillRecord, unknown>>;
  const header =
    record.formatVersion === 1 &&
    typeof record.id === 'string' &&
    parseBackupId(record.id) !== undefined &&
    typeof record.at === 'string' &&
    parseInstant(record.at) !== undefined &&
    isAddress(record.address) &&
    typeof record.passed === 'boolean';
  if (!header) return undefined;
  if (record.kind === 'holdfast.verify-record')
    return record.level === 'L1' || record.level === 'L2' ? (data as VerifyRecord) : undefined;
  if (record.kind !== 'holdfast.drill-record' || !(record.restoreMs === null || typeof record.restoreMs === 'number'))
    return undefined;
  return record.level === null || drillLevel(record.level) !== null ? (data as DrillRecord) : undefined;
}

function isAddress(value: unknown): value is Address {
  if (typeof value !== 'object' || value === null) return false;
  const { server, database } = value as Partial<Record<keyof Address, unknown>>;
  return typeof server === 'string' && typeof database === 'string';
}

function drillLevel(level: unknown): DrillRecord['level'] {
  return level === 'L3' || level === 'L4' || level === 'L5' || level === 'L6' ? level : null;
}
