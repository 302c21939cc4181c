import { InternalError } from '../../base/operation-error.ts';
import type { Engine } from '../engine.ts';
import { openBracket } from './bracket.ts';
import { checkTarget } from './check-target.ts';
import { clear } from './clear.ts';
import { findSource } from './find-source.ts';
import { flavours, seriesOf, type Flavour } from './flavour.ts';
import { tryLogin } from './logins.ts';
import { observe } from './observe.ts';
import { proveClean } from './prove-clean.ts';
import { proveEntry } from './prove-entry.ts';
import { queryValue } from './query-value.ts';
import { restore } from './restore.ts';

/** MySQL 8.4 and 9, MariaDB 10.11 and 11. Holds no connection and no state: every method opens and closes what it needs. */
export function mysql(name: Flavour['name']): Engine {
  const missing = (): never => {
    throw new InternalError(`the engine ${name} is not finished`);
  };
  const flavour = flavours[name];
  return {
    name,
    comparison: { accessKinds: new Set(), classify: () => undefined, isSecret: () => false },
    series: ({ versionNumber }) => seriesOf(versionNumber),
    observe: observe(flavour),
    openBracket: openBracket(flavour),
    proveEntry,
    proveClean: proveClean(flavour),
    findSource: findSource(flavour),
    checkTarget: checkTarget(flavour),
    restore: restore(flavour),
    inventory: missing,
    compareData: missing,
    clear: clear(flavour),
    queryValue: queryValue(flavour),
    tryLogin: tryLogin(flavour),
  };
}
