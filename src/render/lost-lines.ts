import { lostFindings } from '../plan/lost-findings.ts';
import type { LostBackup } from '../plan/observed.ts';
import { escapeControl } from './neutral.ts';
import type { Paint } from './paint.ts';

/** A lost backup and the location of the repository that it is missing from. */
export interface LostIn extends LostBackup {
  readonly location: string;
}

/** What is gone without having expired, a line each, and what can be done about it; empty where nothing is. */
export function lostLines(lost: readonly LostIn[], paint: Paint): readonly string[] {
  return [...Map.groupBy(lost, ({ location }) => location)].flatMap(([location, list]) =>
    lostFindings(list, location).flatMap(({ subject = '', summary, help = '' }) => [
      `${paint.error('✗ LOST    ')}  ${escapeControl(subject)}  ${escapeControl(summary)}`,
      `              ${escapeControl(help)}`,
    ]),
  );
}

/** The same for a document. */
export function lostJson({ address, id, sequence, location }: LostIn) {
  return {
    address: { server: address.server, database: address.database },
    id: id ?? null,
    sequence: sequence ?? null,
    repository: location,
  };
}
