import type { SecurityLabels } from './facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import type { Script } from './script.ts';

/**
 * Labels of an object that pg_dump does not dump. Where the target has not loaded a provider, the block fails and says which,
 * as the statement for a labelled table in a dump does (PostgreSQL manual, SECURITY LABEL): a missing label can open what
 * was closed. The server's own error is a data exception, whose text may hold data and is not shown, so it is raised anew.
 */
export function addSecurityLabels(out: Script, object: string, labels: SecurityLabels | null | undefined): void {
  for (const [provider, label] of Object.entries(labels ?? {})) {
    const failure = quoteLiteral(
      `security label provider ${quoteIdentifier(provider)} is not loaded or refuses its label`,
    );
    out.block(`BEGIN
  SECURITY LABEL FOR ${quoteIdentifier(provider)} ON ${object} IS ${quoteLiteral(label)};
EXCEPTION WHEN invalid_parameter_value THEN
  RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = ${failure};
END`);
  }
}
