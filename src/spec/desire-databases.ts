import { formatAddress } from '../base/address.ts';
import { checkDrillTarget, checkPolicy } from './check-policy.ts';
import { desirePolicy } from './desire-policy.ts';
import { conflict, type Desire } from './desire.ts';
import type { Desired, DesiredDatabase } from './desired.ts';
import { nearestName } from './nearest.ts';
import { policyLayers, type PolicyLayers } from './policy-layers.ts';
import type { SpecPath } from './spec-text.ts';

/** Every entry under `databases` with its whole policy. Reports references that lead nowhere and entries that collide. */
export function desireDatabases(
  context: Desire,
  declared: Pick<Desired, 'targets' | 'servers'>,
): readonly DesiredDatabase[] {
  const taken = new Map<string, string>();
  return Object.entries(context.document.databases).map(([key, entry]) => {
    const path: SpecPath = ['databases', key];
    refer(context, [...path, 'server'], entry.server);
    if (entry.policy !== undefined) refer(context, [...path, 'policy'], entry.policy);

    const select = selectOf(context, key);
    const chosen = select.kind === 'name' ? select.database : `${select.match} (pattern)`;
    const address = formatAddress({ server: entry.server, database: chosen });
    const other = taken.get(address);
    if (other === undefined) taken.set(address, key);
    else {
      const summary = `${address} is declared twice`;
      context.report({ ...conflict(path, { summary, label: `the same as databases.${other}` }), at: 'key' });
    }

    const layers = policyLayers(context, key);
    const policy = desirePolicy(context, layers, {
      name: entry.policy,
      repository: repositoryOf(context, layers, path),
    });
    if (policy.drill.target !== undefined) refer(context, layers.origin('drill', 'target'), policy.drill.target);
    checkDrillTarget(context, layers, {
      target: declared.targets.get(policy.drill.target ?? ''),
      engine: declared.servers.get(entry.server)?.engine,
    });
    checkPolicy(context, layers, policy);
    return { key, server: entry.server, select, policy, place: context.place(path) };
  });
}

function selectOf(context: Desire, key: string): DesiredDatabase['select'] {
  const { database, match, except } = context.document.databases[key] ?? {};
  if (match === undefined) return { kind: 'name', database: database ?? key };
  if (database !== undefined) {
    const help = 'Keep `database` for one database, or `match` for all that fit a pattern.';
    context.report(
      conflict(['databases', key, 'match'], {
        summary: 'database and match exclude each other',
        label: 'there is also "database"',
        help,
      }),
    );
  }
  return { kind: 'pattern', match, except: except ?? [] };
}

/** The one named; where none is named, the only one there is. */
function repositoryOf(context: Desire, layers: PolicyLayers, path: SpecPath): string {
  const [named] = layers.merged.repositories ?? [];
  if (named !== undefined) {
    refer(context, [...layers.origin('repositories'), '0'], named, 'repositories');
    return named;
  }
  const all = Object.keys(context.declared.repositories);
  if (all.length > 1) {
    context.report({
      path,
      at: 'key',
      severity: 'error',
      code: 'spec/missing-property',
      summary: 'missing property "repositories"',
      label: 'there is more than one to choose from',
      help: `declared repositories: ${all.join(', ')}`,
    });
  }
  return all[0] ?? '';
}

const sections = { server: 'servers', policy: 'policies', target: 'targets' } as const;

/** Reports a name that nothing has. The last key of the path says what is named, unless `section` does. */
function refer(context: Desire, path: SpecPath, ...[name, section]: readonly [string, 'repositories'?]): void {
  const wanted = section ?? sections[path.at(-1) as keyof typeof sections];
  const names = Object.keys(context.declared[wanted] ?? {});
  if (names.includes(name)) return;
  const near = nearestName(name, names);
  context.report({
    path,
    at: 'value',
    severity: 'error',
    code: 'spec/unknown-reference',
    summary: `nothing under ${wanted} is called ${JSON.stringify(name)}`,
    label: path.slice(0, 2).join('.'),
    help:
      near !== undefined
        ? `did you mean "${near}"?`
        : names.length > 0
          ? `declared ${wanted}: ${names.join(', ')}`
          : `The spec declares no ${wanted}.`,
  });
}
