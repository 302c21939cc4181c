import type { Degradation, Fact } from '../../manifest/manifest.ts';
import type { Catalog } from './catalog.ts';
import { quoteName } from './quote.ts';
import { showCreate } from './show-create.ts';

/** Foreign keys with a backtick in a name, which MariaDB 10.11 prints as it is, so that nothing can read the statement. */
export async function unquotedKeys(catalog: Catalog, facts: readonly Fact[]): Promise<readonly Degradation[]> {
  const found: Degradation[] = [];
  for (const { kind, name, value } of facts) {
    if (kind !== 'foreign-key') continue;
    const [table = '', key = ''] = name.match(/`(?:[^`]|``)*`/g) ?? [];
    const [columns, referenced] = [value['columns'], value['referencedColumns']].map(listOf);
    if (![key.slice(1, -1), columns, referenced].some((text) => text?.includes('``'))) continue;
    const shown = await showCreate(catalog, `table ${table}`);
    const begins = `CONSTRAINT ${key} FOREIGN KEY (${columns}) REFERENCES `;
    const rest = shown?.statement.split(begins)[1];
    if (shown === undefined || rest?.includes(` (${referenced})`) === true) continue;
    found.push({
      code: 'object-not-restorable',
      subject: `foreign key ${name}`,
      detail:
        'the server does not double the backtick in a name of it, and a restore fails at its statement: give it and its columns names without',
    });
  }
  return found;
}

const listOf = (names: unknown): string => (Array.isArray(names) ? names.map(String).map(quoteName).join(', ') : '');
