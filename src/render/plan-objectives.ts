import { formatAddress } from '../base/address.ts';
import { formatDuration } from '../base/duration.ts';
import type { Objective } from '../plan/plan-document.gen.ts';

/** Per database: its address, where it stands now and where after apply. Not yet escaped. */
export function objectiveRows(
  objectives: readonly Objective[],
): readonly (readonly [address: string, now: string, after: string])[] {
  return objectives.map(({ address, rpo, rto }) => [
    formatAddress(address),
    [...(rpo === null ? [] : [rpoWords(rpo)]), ...rtoWords(rto)].join('; '),
    rpo === null || rpo.after === rpo.state ? 'same' : `rpo ${stateWords[rpo.after]}`,
  ]);
}

/** Whether something of it is not as it should be; the others are shown on request only. */
export function isNotable({ rpo, rto }: Objective): boolean {
  return (rpo !== null && rpo.state !== 'met') || (rto !== null && rto.state !== 'met');
}

const stateWords = { met: 'met', 'at-risk': 'AT RISK', breached: 'BREACH', unknown: 'UNKNOWN' } as const;

/** Where the repository could not be read, nobody knows whether there is a backup. */
function rpoWords({ ageMs, objectiveMs, state }: NonNullable<Objective['rpo']>): string {
  const objective = formatDuration(objectiveMs);
  if (ageMs !== null) return `rpo ${formatDuration(ageMs)} of ${objective} ${stateWords[state]}`;
  return `rpo ${stateWords[state]}${state === 'unknown' ? '' : ', no backup'} (${objective} allowed)`;
}

function rtoWords(rto: Objective['rto']): readonly string[] {
  if (rto === null) return [];
  if (rto.measuredMs === null) return [`rto UNPROVEN of ${formatDuration(rto.objectiveMs)}`];
  const words = `rto ~${formatDuration(rto.measuredMs)} of ${formatDuration(rto.objectiveMs)}`;
  return [
    `${words}${rto.state === 'breached' ? ' BREACH' : ''}${rto.at === null ? '' : ` (drill ${rto.at.slice(0, 10)})`}`,
  ];
}
