import { InternalError } from '../../base/operation-error.ts';
import type { Engine } from '../engine.ts';
import { seriesOf, type Flavour } from './flavour.ts';

/** MySQL 8.4 and 9, MariaDB 10.11 and 11. Holds no connection and no state: every method opens and closes what it needs. */
export function mysql(name: Flavour['name']): Engine {
  const missing = (): never => {
    throw new InternalError(`the engine ${name} is not finished`);
  };
  return {
    name,
    comparison: { accessKinds: new Set(), classify: () => undefined, isSecret: () => false },
    series: ({ versionNumber }) => seriesOf(versionNumber),
    observe: missing,
    openBracket: missing,
    proveEntry: missing,
    proveClean: missing,
    findSource: missing,
    checkTarget: missing,
    restore: missing,
    inventory: missing,
    compareData: missing,
    clear: missing,
    queryValue: missing,
    tryLogin: missing,
  };
}
