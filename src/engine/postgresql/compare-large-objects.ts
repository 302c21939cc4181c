import { createHash } from 'node:crypto';
import type { ContentEntry } from '../../manifest/manifest.ts';
import type { DataCheck } from '../engine.ts';
import type { Session } from './session.ts';

/** Objects up to this size are hashed by the server, many at a time; larger ones come over in pieces of it. */
const pieceBytes = 8 * 1024 * 1024;
const batchSize = 100;

/** Length and sha256 of each large object in the session's database, against what the dump held. */
export async function compareLargeObjects(session: Session, entries: readonly ContentEntry[]): Promise<DataCheck[]> {
  const small = entries.filter(({ plainBytes }) => plainBytes <= pieceBytes);
  const found = new Map<string, { readonly bytes: number; readonly digest: string }>();
  for (let from = 0; from < small.length; from += batchSize) {
    const oids = small.slice(from, from + batchSize).map(({ subject }) => subject);
    const rows = await session.query<{ oid: string; bytes: string; digest: string }>(
      `SELECT oid, length(data) AS bytes, encode(sha256(data), 'hex') AS digest
       FROM (SELECT oid, lo_get(oid, 0, ${pieceBytes + 1}) AS data FROM pg_largeobject_metadata WHERE oid = ANY ($1::oid[]) OFFSET 0) o`,
      [`{${oids.join(',')}}`],
    );
    for (const { oid, bytes, digest } of rows) found.set(oid, { bytes: Number(bytes), digest });
  }
  for (const { subject, plainBytes } of entries) {
    if (plainBytes <= pieceBytes) continue;
    const large = await readInPieces(session, subject);
    if (large !== undefined) found.set(subject, large);
  }
  return entries.map((entry) => {
    const actual = found.get(entry.subject);
    const equal = actual?.bytes === entry.plainBytes && actual.digest === entry.digest;
    const detail = equal
      ? undefined
      : actual === undefined
        ? 'the large object is missing'
        : actual.bytes === entry.plainBytes
          ? 'other content'
          : 'another length';
    return {
      subject: `large object ${entry.subject}`,
      expectedRows: null,
      actualRows: null,
      equal,
      method: 'large-object',
      detail,
    };
  });
}

async function readInPieces(session: Session, oid: string): Promise<{ bytes: number; digest: string } | undefined> {
  const exists = await session.query('SELECT FROM pg_largeobject_metadata WHERE oid = $1::oid', [oid]);
  if (exists.length === 0) return undefined;
  const hash = createHash('sha256');
  for (let bytes = 0; ;) {
    const [row] = await session.query<{ data: string }>(
      `SELECT encode(lo_get($1::oid, $2::bigint, ${pieceBytes}), 'hex') AS data`,
      [oid, String(bytes)],
    );
    const piece = Buffer.from(row?.data ?? '', 'hex');
    hash.update(piece);
    bytes += piece.length;
    if (piece.length < pieceBytes) return { bytes, digest: hash.digest('hex') };
  }
}
