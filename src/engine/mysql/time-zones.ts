import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../../manifest/manifest.ts';
import { runCommand } from '../../system/run.ts';

/** Time zones with a name that events are scheduled in, sorted. Offsets and `SYSTEM` need no tables. */
export function namedTimeZones(facts: readonly Fact[]): readonly string[] {
  const zones = facts.filter(({ kind }) => kind === 'event').map(({ value }) => value['timeZone']);
  const named = zones
    .filter((zone) => typeof zone === 'string')
    .filter((zone) => zone !== 'SYSTEM' && !/^[+-]/.test(zone));
  return [...new Set(named)].sort();
}

/** Under this name they stand among the settings of a source, separated by commas. */
export const zonesSetting = 'named_time_zones';

/**
 * SQL that gives a new server these time zones (MySQL manual, "mysql_tzinfo_to_sql"), from the machine's own. `folder` holds
 * the vendor's programs. Those that this machine does not know are named in the notes.
 */
export async function loadZonesSql(
  zones: readonly string[],
  { folder, programs }: { readonly folder: string; readonly programs: readonly string[] },
): Promise<{ readonly sql: string; readonly notes: readonly string[] }> {
  if (zones.length === 0) return { sql: '', notes: [] };
  const program = programs.map((name) => join(folder, name)).find((path) => existsSync(path));
  const parts: string[] = [];
  const notes: string[] = [];
  for (const zone of zones) {
    const path = join(zoneinfo, zone);
    if (program === undefined || !plainZone.test(zone) || !existsSync(path)) {
      notes.push(`time zone ${zone} is not known on this machine`);
      continue;
    }
    const { stdout } = await runCommand({ program, args: [path, zone], stdout: 'text' });
    parts.push(stdout);
  }
  return { sql: parts.length === 0 ? '' : `USE mysql;\n${parts.join('')}`, notes };
}

const zoneinfo = '/usr/share/zoneinfo';

const plainZone = /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/;
