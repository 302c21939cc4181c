import { formatAddress } from '../base/address.ts';
import type { PlanDocument } from '../plan/plan-document.gen.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';
import { count, graceWords, keepWords, removeWords } from './plan-words.ts';

/** One line: what is on its way out is no news, and `--verbose` names each. */
export function graceLines({ inGrace }: PlanDocument, verbose: boolean): readonly string[] {
  if (inGrace.length === 0) return [];
  const head = `Expired, data still there: ${count(inGrace.length, 'backup')}${verbose ? '' : ' (--verbose)'}`;
  if (!verbose) return [head];
  return [
    `${head}; \`backup restore --set ID\` still restores them`,
    ...inGrace.map(
      ({ address, backup, dataGoesAt }) =>
        `      ${backup}  ${escapeControl(formatAddress(address))}  ${graceWords(dataGoesAt)}`,
    ),
  ];
}

/** Every backup that stays, with its reasons; those of a frozen history too. */
export function keptLines({ retention }: PlanDocument, paint: Paint): readonly string[] {
  const kept = retention.filter(({ keep, frozen }) => keep.length > 0 || frozen !== null);
  if (kept.length === 0) return [];
  const lines = kept.flatMap(({ address, repository, keep, remove, frozen }) => [
    `  ${escapeControl(formatAddress(address))} in ${escapeControl(repository)}: ${keep.length} kept`,
    ...keep.map(({ backup, because }) => paint.faint(`      keep ${backup}  ${because.map(keepWords).join(', ')}`)),
    ...(frozen === null
      ? []
      : [
          `      frozen: ${escapeControl(frozen)}`,
          ...remove.map(({ backup, because }) => `      spared ${backup}  ${removeWords(because)}`),
        ]),
  ]);
  return [paint.heading('Kept:'), ...lines];
}
