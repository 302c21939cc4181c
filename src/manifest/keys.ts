import type { Address } from '../base/address.ts';
import type { Brand } from '../base/brand.ts';
import { instant, type Instant } from '../base/instant.ts';

/** `20261122T194629Z-3f9a2c71`: UTC snapshot time and 32 random bits. Sorts by time. */
export type BackupId = Brand<string, 'BackupId'>;

export function parseBackupId(text: string): BackupId | undefined {
  return /^\d{8}T\d{6}Z-[0-9a-f]{8}$/.test(text) ? (text as BackupId) : undefined;
}

/** The time of the snapshot, to the second. */
export function snapshotOfId(id: BackupId): Instant {
  const time = id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6Z');
  return instant(Date.parse(time) || 0);
}

/** The latest time that the snapshot may have been taken at, where no more is known of a backup than its id. */
export const latestSnapshotOfId = (id: BackupId): Instant => instant(snapshotOfId(id) + 999);

/** `random` are at least 4 bytes. */
export function backupId(snapshot: Instant, random: Uint8Array): BackupId {
  const time = new Date(snapshot).toISOString().replace(/[-:]|\.\d{3}/g, '');
  return `${time}-${Buffer.from(random.subarray(0, 4)).toString('hex')}` as BackupId;
}

/**
 * One path part for any text: UTF-8, every byte but `a-z 0-9 - _` percent-encoded (capitals too, for file
 * systems that fold case). Injective; never empty, `.` or `..`.
 */
export function encodePart(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x5f;
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out === '' ? '%' : out;
}

/** The inverse of `encodePart`; undefined where the text is no encoding of anything. */
export function decodePart(part: string): string | undefined {
  if (part === '%') return '';
  if (!/^(?:[a-z0-9_-]|%[0-9A-F]{2})+$/.test(part)) return undefined;
  const bytes = Buffer.from(
    part.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  const text = bytes.toString('utf8');
  return encodePart(text) === part ? text : undefined;
}

export const repositoryMarker = 'holdfast.json';

export function addressPrefix(address: Address): string {
  return `${encodePart(address.server)}/${encodePart(address.database)}`;
}

export const manifestKey = (address: Address, id: BackupId): string => `manifests/${addressPrefix(address)}/${id}.json`;
export const contentsKey = (id: BackupId): string => `contents/${id}.json.zst`;
export const dataPrefix = (id: BackupId): string => `data/${id}/`;
/** `name` is a file name of the dump or an artefact (`roles.sql.zst`). */
export const dataKey = (id: BackupId, name: string): string => `data/${id}/${name}`;
export const tombstoneKey = (address: Address, id: BackupId): string =>
  `tombstones/${addressPrefix(address)}/${id}.json`;
/**
 * Sorts by time, to the millisecond: of two verifications in a second the later one must count. `random` tells two of the same
 * millisecond apart.
 */
export function recordKey(record: {
  readonly kind: 'verify' | 'drill';
  readonly address: Address;
  readonly at: Instant;
  readonly id: BackupId;
  readonly random: string;
}): string {
  const time = new Date(record.at).toISOString().replace(/[-:]/g, '');
  return `records/${record.kind}/${addressPrefix(record.address)}/${time}-${record.id}-${record.random}.json`;
}

/** The address in `manifests/<server>/<database>/…`, `records/…` and `tombstones/…` keys; undefined for any other key. */
export function addressOfKey(key: string): Address | undefined {
  const match = /^(?:manifests|tombstones|records\/(?:verify|drill))\/([^/]+)\/([^/]+)\/[^/]+$/.exec(key);
  const server = match?.[1] === undefined ? undefined : decodePart(match[1]);
  const database = match?.[2] === undefined ? undefined : decodePart(match[2]);
  return server === undefined || database === undefined ? undefined : { server, database };
}
