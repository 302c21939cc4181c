import type { Engine } from '../engine.ts';
import { openBracket } from './bracket.ts';
import { checkTarget } from './check-target.ts';
import { clear } from './clear.ts';
import { compareData } from './compare-data.ts';
import { comparisonRules } from './comparison-rules.ts';
import { tryLogin } from './logins.ts';
import { findSource } from './find-source.ts';
import { observe } from './observe.ts';
import { proveClean } from './prove-clean.ts';
import { proveEntry } from '../prove-entry.ts';
import { queryValue } from './query-value.ts';
import { restore } from './restore.ts';
import { restoredInventory } from './restored-inventory.ts';

/** PostgreSQL 15 to 18. Holds no connection and no state: every method opens and closes what it needs. */
export function postgresql(): Engine {
  return {
    name: 'postgresql',
    series: ({ versionNumber }) => String(Math.floor(versionNumber / 10_000)),
    comparison: comparisonRules,
    observe,
    openBracket,
    proveEntry: proveEntry('copy-text'),
    proveClean,
    findSource,
    checkTarget,
    restore,
    inventory: restoredInventory,
    compareData,
    clear,
    queryValue,
    tryLogin,
  };
}
