import type { Degradation, Fact } from '../../manifest/manifest.ts';
import type { Flavour } from './flavour.ts';
import { masked } from './neutral-name.ts';

/**
 * What needs something in another database, which a backup of this one does not hold: views and defaults are refused without
 * it, and a foreign key lets no row in. `facts` have this database's name taken out. Bodies of routines look for what they use
 * when they run.
 */
export function borrowed({ ownDatabases }: Flavour, facts: readonly Fact[]): readonly Degradation[] {
  return facts.flatMap((fact): readonly Degradation[] => {
    const { kind, name } = fact;
    const [first] = neededBy(fact).filter(({ database }) => !ownDatabases.includes(database.toLowerCase()));
    if (first === undefined) return [];
    const isKey = kind === 'foreign-key';
    return [
      {
        code: 'object-not-restorable',
        subject: `${isKey ? 'foreign key' : kind} ${name}`,
        detail: `it needs ${first.what}, which a backup of this database does not hold: without it on the target ${isKey ? 'the table takes no new keys' : 'the restore fails'}`,
      },
    ];
  });
}

interface Needed {
  readonly database: string;
  /** Quoted, with its database. */
  readonly what: string;
}

function neededBy({ kind, value }: Fact): readonly Needed[] {
  if (kind === 'view' && value['broken'] !== true) return qualifiedIn(value['definition']);
  // MySQL's defaults are texts without quotes, and it has no sequences.
  if (kind === 'column' && /\b(?:next|last)val\(`/i.test(String(value['default'])))
    return qualifiedIn(value['default']);
  return kind === 'foreign-key' ? qualifiedIn(`from ${String(value['references'])}`) : [];
}

/**
 * Names with a database in a text as servers print it: three parts are one, two are one behind FROM, JOIN and NEXTVAL and
 * where they are called, and elsewhere a column of an alias.
 */
function qualifiedIn(text: unknown): readonly Needed[] {
  if (typeof text !== 'string') return [];
  const found: Needed[] = [];
  for (const { index, groups } of text.matchAll(token)) {
    const { database, object, column, call } = groups ?? {};
    if (database === undefined || object === undefined) continue;
    if (column === undefined && call === undefined && !isTableBehind(masked(text.slice(0, index)))) continue;
    found.push({ database: database.slice(1, -1).replaceAll('``', '`'), what: `${database}.${object}` });
  }
  return found;
}

/** Texts are passed over: they may hold anything. */
const token =
  /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"|(?<database>`(?:[^`]|``)*`)\.(?<object>`(?:[^`]|``)*`)(?:(?<column>\.`(?:[^`]|``)*`)|(?<call>\())?|`(?:[^`]|``)*`/g;

/** Whether a name here is a table's. EXTRACT, TRIM and the like have a FROM as well, and no SELECT before it. */
function isTableBehind(before: string): boolean {
  const [, word] = /\b(from|join|straight_join|nextval|lastval)[\s(]*$/i.exec(before) ?? [];
  if (word?.toLowerCase() !== 'from') return word !== undefined;
  let depth = 0;
  for (let at = before.lastIndexOf(word); at >= 0; at -= 1) {
    if (before[at] === ')') depth += 1;
    else if (before[at] === '(' && depth-- === 0) return /^\((?:select|with)\b/i.test(before.slice(at));
  }
  return true;
}
