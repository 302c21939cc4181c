import { formatAddress, type Address } from '../base/address.ts';
import { InternalError, OperationError } from '../base/operation-error.ts';
import type { RestoreOutcome } from '../run/outcome.ts';
import { passedOver, selectBackup, type Selection } from '../run/select-backup.ts';
import { noSuchId, repositoryAt, withNotRead } from './not-read.ts';
import { matching, ofAddresses, type Located, type Opened } from './open-backups.ts';

/** A database that is asked for. */
export interface Group {
  readonly address: Address;
  /**
   * May be empty: of some databases nothing is left that can be read. Those are asked for as well, and must not be passed
   * over.
   */
  readonly group: readonly Located[];
}

/**
 * The databases that the addresses name, or the one whose backup the id names. What matches nothing that could be read is asked
 * for all the same where it may lie in what could not. Throws InvalidInput where nothing is named.
 */
export function groupsOf(opened: Opened, globs: readonly string[], selection: Selection): readonly Group[] {
  const { located, named, lost, notRead } = opened;
  const fitting = matching(named, globs, { others: lost, notRead });
  const ofId = selection.kind === 'id' ? fitting.filter(({ backup }) => backup.id === selection.id) : [];
  if (selection.kind === 'id' && ofId.length === 0 && globs.length === 0) throw noSuchId(selection.id, notRead);
  const asked =
    ofId.length > 0
      ? ofId.map(({ backup }) => backup.address)
      : [
          ...[...fitting.map(({ backup }) => backup), ...ofAddresses(lost, globs)].map(({ address }) => address),
          ...globs
            .filter((glob) => ofAddresses([...named.map(({ backup }) => backup), ...lost], [glob]).length === 0)
            .map(unseen),
        ];
  const addresses = new Map(asked.map((address) => [formatAddress(address), address]));
  const readable = Map.groupBy(located, ({ backup }) => formatAddress(backup.address));
  return [...addresses.keys()].sort().flatMap((key) => {
    const address = addresses.get(key);
    return address === undefined ? [] : [{ address, group: readable.get(key) ?? [] }];
  });
}

/** Nothing is known of it: the words of the command line stand for what they mean. */
function unseen(glob: string): Address {
  const [server = '', ...database] = glob.split('/');
  return { server, database: database.length === 0 ? '*' : database.join('/') };
}

type Chosen =
  (Located & { readonly notes: readonly string[] }) | { readonly backup?: undefined; readonly failed: RestoreOutcome };

/** A database without a usable backup is a failure of its own and holds up none of the others. */
export function chooseOf({ address, group }: Group, selection: Selection, opened: Opened): Chosen {
  const backups = group.map(({ backup }) => backup);
  try {
    const chosen = selectBackup(backups, address, selection);
    const found = group.find(({ backup }) => backup === chosen);
    if (found === undefined) throw new InternalError('a backup was chosen that is not there');
    const newer =
      selection.kind === 'id'
        ? []
        : opened.notRead.map((each) => `${repositoryAt(each)} could not be read: a newer backup may be in it`);
    return { ...found, notes: [...newer, ...passedOver({ ...opened, backups }, chosen, selection)] };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { failed: { state: 'failed', address, backup: undefined, error: withNotRead(error, opened.notRead) } };
  }
}
