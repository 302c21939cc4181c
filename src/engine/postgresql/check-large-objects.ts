import { OperationError } from '../../base/operation-error.ts';
import type { Fact } from '../../manifest/manifest.ts';
import type { Session } from './session.ts';

export interface DumpedLargeObject {
  readonly oid: string;
  readonly bytes: number;
  /** As `digestPages` gives it. */
  readonly pages: string | null;
}

/**
 * Throws `dump/count-mismatch` unless every dumped large object is as long as in the snapshot of the session's transaction
 * and, where the login may read pg_largeobject, has the inventory's digest. Lengths come through the large-object
 * interface, which asks for no more than a dump does (PostgreSQL manual, "Server-Side Functions").
 */
export async function checkLargeObjects(
  session: Session,
  dumped: readonly DumpedLargeObject[],
  inventory: readonly Fact[],
): Promise<void> {
  if (dumped.length === 0) return;
  const rows = await session.query<{ oid: string; bytes: string; usual: boolean }>(sizesSql);
  const bytesOf = new Map(rows.map(({ oid, bytes }) => [oid, Number(bytes)]));
  const digestOf = new Map(
    inventory.filter(({ kind }) => kind === 'large-object').map(({ name, value }) => [name, value['sha256']]),
  );
  const usualPages = rows.every(({ usual }) => usual);
  for (const { oid, bytes, pages } of dumped) {
    const expected = bytesOf.get(oid);
    if (bytes !== expected)
      throw new OperationError(
        'dump/count-mismatch',
        `large object ${oid} has ${bytes} bytes in the dump, in the snapshot ${expected ?? 'it is missing'}`,
      );
    const digest = digestOf.get(oid);
    if (usualPages && digest !== undefined && digest !== pages)
      throw new OperationError(
        'dump/count-mismatch',
        `large object ${oid} has other content in the dump than in the snapshot`,
      );
  }
}

/**
 * Each opened (INV_READ), sought to its end (SEEK_END) and closed again, one by one: OFFSET 0 keeps the steps apart. Every
 * step depends on the object's own number, because descriptors come again and the planner may keep answers by argument.
 */
const sizesSql = `
  SELECT m.oid, size.bytes, to_jsonb(current_setting('block_size') = '8192') AS usual
  FROM pg_catalog.pg_largeobject_metadata m,
    LATERAL (SELECT lo_open(m.oid, x'40000'::int) AS descriptor OFFSET 0) opened,
    LATERAL (SELECT lo_lseek64(opened.descriptor, m.oid::bigint * 0, 2) AS bytes OFFSET 0) size,
    LATERAL (SELECT lo_close(opened.descriptor + ((m.oid::bigint + size.bytes) * 0)::int) AS code OFFSET 0) closed
  WHERE closed.code = 0`;
