import type { Instant } from '../../base/instant.ts';
import { newestOf } from '../../plan/history.ts';
import { verifyJson } from '../../render/verify-json.ts';
import { verifyText } from '../../render/verify-text.ts';
import { verifyEach } from '../../run/verify-each.ts';
import { answer, parseReports } from '../answer.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { exitCodeOfVerify } from '../exit-code.ts';
import type { GlobalOptions } from '../global-options.ts';
import { invalidUsage } from '../invalid-input.ts';
import { noSuchId } from '../not-read.ts';
import { byAddress, matching, ofAddresses, openBackups, type Named } from '../open-backups.ts';
import { placesOf } from '../repository-places.ts';
import { withTools } from '../session.ts';

interface VerifyOptions extends GlobalOptions {
  readonly address: readonly string[];
  readonly repository: string | undefined;
  readonly level: 'L1' | 'L2';
  readonly set: string | undefined;
  readonly all: boolean;
  readonly report: readonly string[];
}

/** Reads the chosen backups whole and records what was found. Nothing to verify is an error, not a success. */
export async function run(options: VerifyOptions, context: Context): Promise<number> {
  const reports = parseReports(options.report, ['text', 'json'], { ...options, cwd: context.cwd });
  if (options.all && options.set !== undefined) throw invalidUsage('--set and --all exclude each other');
  const { level } = options;
  const places = await placesOf(options, context);
  const found = await withTools(options, context, async (tools) => {
    const opened = await openBackups(places, tools);
    // Whoever names one backup asks about that one alone.
    const gone = options.set === undefined ? ofAddresses(opened.lost, options.address) : [];
    const fitting = matching(opened.named, options.address, { others: gone, notRead: opened.notRead });
    const chosen = choose(fitting, options, tools.clock.now());
    const notRead = options.set === undefined || chosen.length === 0 ? opened.notRead : [];
    if (chosen.length === 0 && options.set !== undefined && notRead.length === 0)
      throw noSuchId(options.set, [], options.address);
    if (chosen.length + gone.length + notRead.length === 0)
      throw invalidUsage('there is no backup to verify', 'Run `backup apply` first. Expired ones are read with --set.');
    const requests = chosen.map(({ repository, backup: { address, id, verified } }) => ({
      repository,
      address,
      backup: id,
      // Checksums alone cannot show that a backup whose content was wrong is right now.
      level: verified?.passed === false ? ('L2' as const) : level,
    }));
    return { ...(await verifyEach(requests, tools)), lost: gone, notRead };
  });
  const code = exitCodeOfVerify(found);
  return answer(
    {
      text: () => verifyText(found, paintFor(context.stdout, options, context.env)),
      json: () => verifyJson(found, code),
    },
    options,
    { context, reports, code },
  );
}

function choose(located: readonly Named[], { all, set }: VerifyOptions, at: Instant): readonly Named[] {
  // One in its grace counts for nothing: it is read only where somebody names it.
  const counting = located.filter(({ backup }) => backup.expiredAt === undefined);
  if (all) return counting;
  if (set !== undefined) return located.filter(({ backup }) => backup.id === set);
  return byAddress(counting).flatMap((group) => newest(group, at));
}

/** Also a damaged newest backup is looked at again: it may have been a fault of the way there. */
function newest(group: readonly Named[], at: Instant): readonly Named[] {
  const first = newestOf(
    group.map(({ backup }) => backup),
    at,
  );
  return group.filter(({ backup }) => backup === first);
}
