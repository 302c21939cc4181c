import type { SecurityLabels } from './facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import type { Script } from './script.ts';

/**
 * Labels of an object that pg_dump does not dump. Where the target has not loaded a provider, the statement fails and says
 * which (PostgreSQL manual, SECURITY LABEL), as that of a table does in a dump: a missing label can open what was closed.
 */
export function addSecurityLabels(out: Script, object: string, labels: SecurityLabels | null | undefined): void {
  for (const [provider, label] of Object.entries(labels ?? {}))
    out.add(`SECURITY LABEL FOR ${quoteIdentifier(provider)} ON ${object} IS ${quoteLiteral(label)}`);
}
