import { chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { encodePart } from '../../manifest/keys.ts';
import type { Made } from '../clean-server.ts';
import type { RestoreRequest } from '../engine.ts';
import { tablespaceFacts } from './facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import type { Session } from './session.ts';

export interface Tablespaces {
  /** Whether everything goes to the default tablespace because one that the backup names cannot be had. */
  readonly useDefault: boolean;
  readonly notes: readonly string[];
}

/**
 * Makes the tablespaces that the backup names and the target lacks, empty and owned by who restores; roles.sql gives them
 * owner, privileges and options. Each gets a directory below `root`, or else a place inside the data directory
 * (`allow_in_place_tablespaces`, manual, "Developer Options"), which only a server made for a drill deserves. Without a
 * root, everything goes to the default tablespace, and a note says so.
 */
export async function makeTablespaces(
  session: Session,
  { contents, tablespaceRoot: root }: Pick<RestoreRequest, 'contents' | 'tablespaceRoot'>,
  made: Made | undefined,
): Promise<Tablespaces> {
  const rows = await session.query<{ name: string }>('SELECT spcname AS name FROM pg_tablespace');
  const missing = tablespaceFacts(contents.inventory)
    .map(({ name }) => name)
    .filter((name) => !rows.some((row) => row.name === name));
  if (missing.length === 0) return { useDefault: false, notes: [] };
  if (root === undefined) {
    return {
      useDefault: true,
      notes: [
        `tablespaces ${missing.join(', ')} do not exist on the target, so everything is in the default tablespace`,
      ],
    };
  }
  const notes: string[] = [];
  for (const name of missing) {
    const directory = join(root, encodePart(name));
    made?.tablespaces.add(name);
    await prepareDirectory(directory, root);
    try {
      await session.run(`CREATE TABLESPACE ${quoteIdentifier(name)} LOCATION ${quoteLiteral(directory)}`);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      await session.run('SET allow_in_place_tablespaces = on');
      await session.run(`CREATE TABLESPACE ${quoteIdentifier(name)} LOCATION ''`);
      notes.push(`tablespace ${name} lies inside the data directory of the target`);
    }
  }
  return { useDefault: false, notes };
}

/** Only possible where the server's directory is ours to see; otherwise the server says that there is none. */
async function prepareDirectory(directory: string, root: string): Promise<void> {
  try {
    const { uid, gid } = await stat(root);
    await mkdir(directory, { mode: 0o700 });
    await chown(directory, uid, gid);
  } catch {
    // The server judges: it runs elsewhere, or in a view of the file system of its own.
  }
}
