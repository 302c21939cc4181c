import type { Engine } from '../engine.ts';
import { openBracket } from './bracket.ts';
import { comparisonRules } from './comparison-rules.ts';
import { observe } from './observe.ts';
import { proveEntry } from './prove-entry.ts';
import { restore } from './restore.ts';

/** PostgreSQL 15 to 18. Holds no connection and no state: every method opens and closes what it needs. */
export function postgresql(): Engine {
  return {
    name: 'postgresql',
    comparison: comparisonRules,
    observe,
    openBracket,
    proveEntry,
    restore,
  };
}
