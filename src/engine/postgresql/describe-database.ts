import { createHash } from 'node:crypto';
import type { Secret } from '../../base/secret.ts';
import type { Step } from '../../manifest/manifest.ts';
import type { Captured, CaptureRequest, CaptureSink } from '../engine.ts';
import { readAccess, type Access } from './access.ts';
import { databaseSql } from './database-sql.ts';
import type { EntryWithoutParts } from './dump.ts';
import { readExcluded, type Excluded } from './excluded.ts';
import { rolesSql } from './roles-sql.ts';
import type { Session } from './session.ts';
import { readSource } from './source.ts';
import { supplementSql } from './supplement.ts';

export interface Described {
  readonly access: Access;
  readonly excluded: Excluded;
  readonly source: Captured['source'];
  /** What brings the backup back, in order. */
  readonly steps: readonly Step[];
  readonly entries: readonly EntryWithoutParts[];
}

export interface DescribeRequest {
  readonly digestKey: Secret | undefined;
  readonly request: CaptureRequest;
  readonly sink: CaptureSink;
}

/** The inventory and the texts made of it, in the snapshot of the session. */
export async function describeDatabase(
  session: Session,
  { digestKey, request, sink }: DescribeRequest,
): Promise<Described> {
  const { holds } = request;
  const { database } = request.address;
  const access = await readAccess(session, { holds, digestKey });
  const { facts, bootstrap } = access;
  const excluded = await readExcluded(session, request.dump.excludeTables);
  const source = await readSource(session, facts, bootstrap);

  const { versionNumber } = session;
  const texts = {
    ...(holds.roles === 'none'
      ? {}
      : { roles: rolesSql(facts, { versionNumber, bootstrap, passwords: holds.passwords }) }),
    database: databaseSql(facts, { name: database, bootstrap }),
    supplement: await supplementSql(session, bootstrap),
  };
  const entries: EntryWithoutParts[] = [];
  for (const [kind, text] of Object.entries(texts) as [keyof typeof texts, string][]) {
    await sink.text(kind, text);
    entries.push(textEntry(kind, text));
  }
  return { access, excluded, source, steps: stepsOf(texts), entries };
}

/** `file` is the name that a person unpacks it to. */
function textEntry(kind: 'roles' | 'database' | 'supplement', text: string): EntryWithoutParts {
  const bytes = Buffer.from(text, 'utf8');
  const digest = createHash('sha256').update(bytes).digest('hex');
  return {
    kind,
    subject: `${kind}.sql`,
    file: `${kind}.sql`,
    rows: null,
    columns: null,
    plainBytes: bytes.byteLength,
    digest,
  };
}

function stepsOf(texts: Readonly<Record<string, unknown>>): readonly Step[] {
  return [
    ...('roles' in texts ? [{ phase: 'roles' as const, tool: 'sql' as const, subjects: ['roles'] }] : []),
    { phase: 'database', tool: 'sql', subjects: ['database'] },
    { phase: 'data', tool: 'pg_restore', subjects: ['dump-toc', 'table-data', 'large-object-toc', 'large-object'] },
    { phase: 'supplement', tool: 'sql', subjects: ['supplement'] },
    { phase: 'analyze', tool: 'analyze', subjects: [] },
  ];
}
