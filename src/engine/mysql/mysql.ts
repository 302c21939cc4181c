import type { Engine } from '../engine.ts';
import { openBracket } from './bracket.ts';
import { checkTarget } from './check-target.ts';
import { clear } from './clear.ts';
import { compareData } from './compare-data.ts';
import { comparisonRules } from './comparison-rules.ts';
import { findSource } from './find-source.ts';
import { flavours, seriesOf, type Flavour } from './flavour.ts';
import { tryLogin } from './logins.ts';
import { observe } from './observe.ts';
import { proveClean } from './prove-clean.ts';
import { proveEntry } from '../prove-entry.ts';
import { queryValue } from './query-value.ts';
import { restore } from './restore.ts';
import { restoredInventory } from './restored-inventory.ts';

/** MySQL 8.4 and 9, MariaDB 10.11 and 11. Holds no connection and no state: every method opens and closes what it needs. */
export function mysql(name: Flavour['name']): Engine {
  const flavour = flavours[name];
  return {
    name,
    comparison: comparisonRules,
    series: ({ versionNumber }) => seriesOf(versionNumber),
    observe: observe(flavour),
    openBracket: openBracket(flavour),
    proveEntry: proveEntry('insert-text'),
    proveClean: proveClean(flavour),
    findSource: findSource(flavour),
    checkTarget: checkTarget(flavour),
    restore: restore(flavour),
    inventory: restoredInventory(flavour),
    compareData: compareData(flavour),
    clear: clear(flavour),
    queryValue: queryValue(flavour),
    tryLogin: tryLogin(flavour),
  };
}
