import { QueryError } from './query-error.ts';
import type { Flavour } from './flavour.ts';
import type { Session } from './session.ts';

/**
 * Where the binary log stands: `binlog.000003:1234`, and after a space the GTID set where there is one. Null where no log is
 * kept or the login may not know (REPLICATION CLIENT, BINLOG MONITOR).
 */
export async function readPosition(session: Session, flavour: Flavour): Promise<string | null> {
  const row = await first(session, flavour.positionSql);
  if (row === undefined) return null;
  const file = row['File'];
  const place = file === undefined || file === null ? undefined : `${file}:${row['Position'] ?? ''}`;
  const gtid =
    flavour.gtidSql === undefined
      ? row['Executed_Gtid_Set']
      : (await session.query<{ gtid: string | null }>(flavour.gtidSql))[0]?.gtid;
  const said = [place, gtid?.replace(/\s+/g, '')].filter((part) => part !== undefined && part !== '');
  return said.length === 0 ? null : said.join(' ');
}

/** The first of these statements that this server knows and allows. */
async function first(
  session: Session,
  statements: readonly string[],
): Promise<Readonly<Record<string, string | null>> | undefined> {
  for (const sql of statements) {
    try {
      const [row] = await session.query(sql);
      return row;
    } catch (error) {
      if (!(error instanceof QueryError) || error.errno === undefined) throw error;
    }
  }
  return undefined;
}
