import { formatAddress, type Address } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { tombstoneKey } from '../manifest/keys.ts';
import type { LostBackup } from './observed.ts';

/**
 * One finding for each lost backup whose id is known, and one per database for those of which only the number is left:
 * `numbers 4, 7 to 9`.
 */
export function lostFindings(lost: readonly LostBackup[], where: string): readonly Diagnostic[] {
  return [...Map.groupBy(lost, ({ address }) => formatAddress(address)).values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const numbers = list.flatMap(({ id, sequence }) => (id === undefined && sequence !== undefined ? [sequence] : []));
    return [
      ...list.flatMap(({ id, sequence }) =>
        id === undefined
          ? []
          : [
              finding(
                first.address,
                `backup ${id}${sequence === undefined ? '' : ` (number ${sequence})`} in ${where} is`,
                id,
              ),
            ],
      ),
      ...(numbers.length === 0
        ? []
        : [
            finding(
              first.address,
              numbers.length === 1
                ? `backup number ${numbers[0]} in ${where} is`
                : `the backups with the numbers ${ranges(numbers)} in ${where} are`,
              undefined,
            ),
          ]),
    ];
  });
}

function finding(address: Address, subject: string, id: LostBackup['id']): Diagnostic {
  const tombstone = id === undefined ? undefined : tombstoneKey(address, id);
  return {
    severity: 'error',
    code: 'backup/lost',
    summary: `${subject} gone without having expired`,
    help: `Somebody removed the manifest, or the storage lost it. Bring it back from a copy of the repository; what is left of its data is kept. If it was removed on purpose, say so with an empty file ${tombstone ?? 'in its place below tombstones/ (docs/design.md, "Lost backups")'}.`,
    subject: formatAddress(address),
  };
}

/** `4, 7 to 9`, from numbers in rising order. */
function ranges(numbers: readonly number[]): string {
  const runs: { readonly from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last.to + 1 === number) last.to = number;
    else runs.push({ from: number, to: number });
  }
  return runs.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ');
}
