import type { Fact } from '../../manifest/manifest.ts';
import { quoteText } from './quote.ts';
import type { Session } from './session.ts';

/** Status, in facts of a restored database, of an event that the server dropped or disabled because its time had passed. */
export const eventOver = 'OVER';

/**
 * Events whose only or last time has passed since the backup: a server drops one when it is made, or disables it where it is
 * to be preserved (MySQL manual, "CREATE EVENT Statement"). `facts` of the restored database get what the backup has of
 * such an event with the status `OVER`, so that it is one named difference.
 */
export async function withPastEvents(
  session: Session,
  facts: readonly Fact[],
  backedUp: readonly Fact[],
): Promise<readonly Fact[]> {
  const restored = new Map(facts.filter(isEvent).map((fact) => [fact.name, fact]));
  const doubtful = backedUp.filter(isEvent).filter((fact) => {
    const status = restored.get(fact.name)?.value['status'];
    return (
      lastTime(fact) !== undefined && (status === undefined || status === 'DISABLED') && fact.value['status'] !== status
    );
  });
  const over = new Set<string>();
  for (const fact of doubtful) {
    const [row] = await session.query<{ passed: string | null }>(
      `SELECT CONVERT_TZ(${quoteText(lastTime(fact) ?? '')}, ${quoteText(String(fact.value['timeZone']))}, '+00:00') < UTC_TIMESTAMP() AS passed`,
    );
    if (row?.passed === '1') over.add(fact.name);
  }
  const mark = (fact: Fact): Fact => ({ ...fact, value: { ...fact.value, status: eventOver } });
  return [
    ...facts.map((fact) => (isEvent(fact) && over.has(fact.name) ? mark(fact) : fact)),
    ...doubtful.filter(({ name }) => over.has(name) && !restored.has(name)).map(mark),
  ];
}

const isEvent = ({ kind }: Fact): boolean => kind === 'event';

function lastTime({ value }: Fact): string | undefined {
  const time = value['executeAt'] ?? value['ends'];
  return typeof time === 'string' ? time : undefined;
}
