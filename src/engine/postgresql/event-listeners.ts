import { quoteIdentifier, quoteLiteral } from './quote.ts';
import type { Script } from './script.ts';
import type { Session } from './session.ts';

export interface Listener {
  readonly name: string;
  readonly enabled: string;
}

/**
 * Event triggers that run in the session of a replica; and, of those of extensions, which come back as new, all that were
 * changed.
 */
const listenersSql = `
  SELECT e.evtname AS name, e.evtenabled AS enabled FROM pg_event_trigger e
  WHERE e.evtenabled IN ('A', 'R') OR e.evtenabled <> 'O' AND EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
  ORDER BY e.evtname COLLATE "C"`;

export const readListeners = (session: Session): Promise<readonly Listener[]> => session.query<Listener>(listenersSql);

/** Switches them off, of which no event trigger hears, and keeps all others quiet for the rest of the session. */
export function silenceListeners(out: Script, listeners: readonly Listener[]): void {
  out.block(withoutEventTriggers);
  if (listeners.length > 0) out.block(statesBlock(listeners.map(({ name }) => ({ name, clause: 'DISABLE' }))));
}

/** Gives them the states that they had. Without plpgsql there are no blocks any more: then they must all be there. */
export function wakeListeners(
  out: Script,
  listeners: readonly Listener[],
  { hasBlocks }: { readonly hasBlocks: boolean },
): void {
  const states = listeners.map(({ name, enabled }) => ({ name, clause: stateClauses[enabled] ?? 'ENABLE' }));
  if (!hasBlocks)
    for (const { name, clause } of states) out.add(`ALTER EVENT TRIGGER ${quoteIdentifier(name)} ${clause}`);
  else if (states.length > 0) out.block(statesBlock(states));
}

/** `pg_trigger.tgenabled` and `pg_event_trigger.evtenabled`. */
export const stateClauses: Readonly<Record<string, string>> = {
  D: 'DISABLE',
  R: 'ENABLE REPLICA',
  A: 'ENABLE ALWAYS',
};

/**
 * The database has its event triggers again by now, and they would hear of what follows: one that logs commands would add
 * rows, one that forbids them would end the restore. 17 has a setting against them, but only as a replica does a session of
 * every version leave them out (PostgreSQL manual, `session_replication_role`, ALTER EVENT TRIGGER); those that hear a
 * replica too are switched off meanwhile, of which no event trigger hears. For a superuser alone.
 */
const withoutEventTriggers = `BEGIN
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    PERFORM pg_catalog.set_config('session_replication_role', 'replica', false);
  END IF;
END`;

/** Those that are there: what was added to an extension by hand is in no dump. */
function statesBlock(states: readonly { readonly name: string; readonly clause: string }[]): string {
  const rows = states.map(({ name, clause }) => `(${quoteLiteral(name)}, ${quoteLiteral(clause)})`);
  return `DECLARE each record; BEGIN
  FOR each IN
    SELECT w.* FROM (VALUES ${rows.join(', ')}) AS w(name, clause) JOIN pg_catalog.pg_event_trigger e ON e.evtname = w.name::name
  LOOP
    EXECUTE pg_catalog.format('ALTER EVENT TRIGGER %I %s', each.name, each.clause);
  END LOOP;
END`;
}
