import type { Degradation, Fact } from '../../manifest/manifest.ts';
import type { Catalog } from './catalog.ts';
import { isReadWhole, serverReading } from './client-reading.ts';
import type { Flavour } from './flavour.ts';
import { showCreate } from './show-create.ts';

/**
 * Triggers, routines and events that the vendor's client program does not read as its dump program wrote them, so that a
 * restore fails at them: where a comment ends one (MySQL), where comments and quotes meet in the first line of a trigger or
 * event, and where a name in double quotes has a backslash (MySQL).
 */
export async function misreadBodies(
  catalog: Catalog,
  flavour: Flavour,
  facts: readonly Fact[],
): Promise<readonly Degradation[]> {
  const found: Degradation[] = [];
  for (const { kind, name } of facts) {
    if (kind !== 'trigger' && kind !== 'routine' && kind !== 'event') continue;
    const what = kind === 'routine' ? name : `${kind} ${name}`;
    const shown = await showCreate(catalog, what);
    if (shown === undefined) continue;
    const modes = new Set((shown.sqlMode ?? '').split(','));
    const mode = { ansiQuotes: modes.has('ANSI_QUOTES'), backslashEscapes: !modes.has('NO_BACKSLASH_ESCAPES') };
    const dumped = asDumped(shown.statement, kind, flavour);
    // MariaDB's takes a longer one for an event that has it; elsewhere such an event is refused.
    const delimiter = kind === 'event' && dumped.includes(';;') ? ';;;' : ';;';
    const plain = `${shown.statement}${flavour.behindBodies}`;
    if (
      isReadWhole(dumped, delimiter, { reading: flavour.clientReading, mode }) &&
      // A comment at the end takes the end of the comment for versions along, which the client may not see.
      isReadWhole(plain, delimiter, { reading: serverReading, mode })
    )
      continue;
    found.push({
      code: 'object-not-restorable',
      subject: what,
      detail:
        'a comment, a quote or a backslash in it is misread as the dump has it, and a restore fails: make it anew without a comment at its end, and without comments in the line of its first word',
    });
  }
  return found;
}

/**
 * The dump programs put triggers and events into comments for versions (mysqldump.c, dump_triggers_for_table,
 * dump_events_for_db).
 */
function asDumped(statement: string, kind: 'trigger' | 'routine' | 'event', { behindBodies }: Flavour): string {
  if (kind === 'routine') return `${statement}${behindBodies}`;
  const word = kind === 'trigger' ? 'TRIGGER' : 'EVENT';
  const [, definer = '', rest = ''] = new RegExp(`^CREATE (DEFINER=.*?) (${word} [\\s\\S]*)$`).exec(statement) ?? [];
  return `/*!50003 CREATE*/ /*!50017 ${definer}*/ /*!50003 ${rest}${behindBodies}*/`;
}
