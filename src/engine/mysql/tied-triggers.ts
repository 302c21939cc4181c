import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Fact } from '../../manifest/manifest.ts';
import type { RestoreRequest } from '../engine.ts';
import type { Catalog } from './catalog.ts';
import { showCreate } from './show-create.ts';

/** Triggers with a mark where their statement names the database that they lie in. One that cannot be shown counts as one. */
export async function withTiedTriggers(catalog: Catalog, triggers: readonly Fact[]): Promise<readonly Fact[]> {
  const marked: Fact[] = [];
  for (const fact of triggers) {
    const shown = await showCreate(catalog, `trigger ${fact.name}`);
    const isTied = shown === undefined || hasQualifiedHead(shown.statement);
    marked.push(isTied ? { ...fact, value: { ...fact.value, namesDatabase: true } } : fact);
  }
  return marked;
}

/**
 * Whether a name with a database stands before the body: `CREATE TRIGGER shop.t1 BEFORE INSERT ON shop.orders FOR EACH ROW …`.
 * Comments for versions are read as what they hold.
 */
export function hasQualifiedHead(statement: string): boolean {
  const [, head] = /^([\s\S]*?)\bFOR\s+EACH\s+ROW\b/i.exec(statement.replaceAll(noSyntax, ' ')) ?? [];
  return head === undefined || head.includes('.');
}

/** Quoted things and comments, which may hold anything. */
const noSyntax =
  /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"|\/\*(?!M?!)[\s\S]*?\*\/|(?:#|--\s)[^\n]*/g;

/**
 * Under another name, a restore would run such a statement against the database that has the old name: at best it fails, at
 * worst the trigger is made there.
 */
export function tiedTriggers({ as, contents, manifest }: RestoreRequest): readonly Diagnostic[] {
  const { database } = manifest.address;
  const [first, ...more] = contents.inventory.filter(
    ({ kind, value }) => kind === 'trigger' && value['namesDatabase'] === true,
  );
  if (as === undefined || as === database || first === undefined) return [];
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return [
    {
      severity: 'error',
      code: 'restore/name-bound',
      summary: `trigger ${first.name}${others} names the database ${database} in its statement, so that it cannot come back in ${as}`,
      help: `Restore under the name ${database}, onto a server without that database.`,
    },
  ];
}
