import { listJson } from '../../render/list-json.ts';
import { listText } from '../../render/list-text.ts';
import { answer } from '../answer.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-code.ts';
import type { GlobalOptions } from '../global-options.ts';
import { matching, ofAddresses, openBackups } from '../open-backups.ts';
import { placesOf } from '../repository-places.ts';
import { withTools } from '../session.ts';

interface ListOptions extends GlobalOptions {
  readonly address: readonly string[];
  readonly repository: string | undefined;
}

/** Shows the backups; needs no server, and with `--repository` no spec. */
export async function run(options: ListOptions, context: Context): Promise<number> {
  const places = await placesOf(options, context);
  const { opened, at } = await withTools(options, context, async (tools) => ({
    opened: await openBackups(places, tools),
    at: tools.clock.now(),
  }));
  const { located, lost, unreadable, notRead } = opened;
  const listing = {
    backups: matching(located, options.address, { others: [...lost, ...unreadable], notRead }).map(
      ({ backup, repository }) => ({ ...backup, location: repository.location }),
    ),
    lost: ofAddresses(lost, options.address),
    unreadable: ofAddresses(unreadable, options.address),
    notRead,
  };
  return answer(
    {
      text: () =>
        listText(listing, { at, paint: paintFor(context.stdout, options, context.env), verbose: options.verbose }),
      json: () => listJson(listing, at),
    },
    options,
    { context, code: notRead.length > 0 ? exitCodes.partial : exitCodes.ok },
  );
}
