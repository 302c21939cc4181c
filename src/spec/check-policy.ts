import { formatDuration } from '../base/duration.ts';
import type { EngineName } from '../base/engine-name.ts';
import { conflict, type Desire } from './desire.ts';
import type { DesiredTarget, Policy } from './desired.ts';
import type { PolicyLayers } from './policy-layers.ts';

/** Reports what contradicts itself in one database's policy, at the place where it was written. */
export function checkPolicy(context: Desire, layers: PolicyLayers, policy: Policy): void {
  checkObjectives(context, layers, policy);
  checkRoles(context, layers, policy);
  checkLevel(context, layers, policy);
  checkRetention(context, layers, policy);
  checkLockWait(context, layers, policy);
}

/** A drill restores onto the same kind of server, and empties it. */
export function checkDrillTarget(
  context: Desire,
  layers: PolicyLayers,
  { target, engine }: { readonly target: DesiredTarget | undefined; readonly engine: EngineName | undefined },
): void {
  if (target !== undefined && engine !== undefined && target.engine !== engine) {
    const summary = `the target ${target.name} is for ${target.engine}, and the database is of ${engine}`;
    const help = 'Name a target of the same kind of server.';
    context.report(conflict(layers.origin('drill', 'target'), { summary, label: `for ${target.engine}`, help }));
  }
  if (target?.kind !== 'server' || target.disposable) return;
  const help = `Declare targets.${target.name}.server.disposable: true if drills may remove everything on it.`;
  const summary = `the target ${target.name} is not disposable, so no drill may use it`;
  context.report(conflict(layers.origin('drill', 'target'), { summary, label: 'a server that must be kept', help }));
}

function checkObjectives(context: Desire, layers: PolicyLayers, { every, objectives: { rpo } }: Policy): void {
  if (rpo === undefined || rpo >= every) return;
  const summary = `the rpo of ${formatDuration(rpo)} cannot be met by a backup every ${formatDuration(every)}`;
  const help = 'Take backups more often than the rpo demands, with room for the time that one takes.';
  context.report({
    ...conflict(layers.origin('objectives', 'rpo'), { summary, label: 'shorter than every', help }),
    severity: 'warning',
  });
}

function checkRoles(context: Desire, layers: PolicyLayers, { roles, drill }: Policy): void {
  const report = (keys: readonly string[], summary: string, label: string): void =>
    context.report(conflict(layers.origin(...keys), { summary, label }));

  if (roles.scope === 'listed' && roles.include.length === 0) {
    context.report({
      path: layers.origin('roles', 'scope'),
      at: 'value',
      severity: 'error',
      code: 'spec/missing-property',
      summary: 'missing property "include"',
      label: 'the scope listed needs "include"',
      help: 'List the roles under roles.include, or use the scope referenced.',
    });
  }
  if (roles.scope === 'none' && roles.include.length > 0) {
    report(['roles', 'include'], 'roles are included, but the scope is none', 'never backed up');
  }
  if (roles.scope === 'none' && layers.merged.drill !== undefined && drill.logins.length === 0) {
    const summary = 'databases are drilled, but no role is backed up';
    const label = 'drills pass only where nothing belongs to any other role than the first one of the server';
    const help = 'Use roles.scope: referenced, or leave the drill section out: a clean server has none of the roles.';
    context.report({ ...conflict(layers.origin('roles', 'scope'), { summary, label, help }), severity: 'warning' });
  }
  const both = roles.include.find((role) => roles.exclude.includes(role));
  if (both !== undefined)
    report(['roles', 'exclude'], `the role ${both} is both included and excluded`, 'also in include');

  if (drill.logins.length === 0) return;
  if (roles.scope === 'none') {
    report(['drill', 'logins'], 'logins are drilled, but no role is backed up', 'roles.scope is none');
  } else if (roles.passwords === 'omit') {
    report(['drill', 'logins'], 'logins are drilled, but no password is backed up', 'roles.passwords is omit');
  }
  for (const [index, { role }] of drill.logins.entries()) {
    if (roles.exclude.includes(role)) {
      report(
        ['drill', 'logins', String(index), 'role'],
        `the login of ${role} is drilled, but the role is excluded`,
        'in roles.exclude',
      );
    }
  }
}

function checkLevel(context: Desire, layers: PolicyLayers, { drill }: Policy): void {
  const warn = (key: string, what: string, level: string): void => {
    const summary = `${what} belong to ${level}, but drills stop at ${drill.level}`;
    const found = conflict(layers.origin('drill', key), {
      summary,
      label: 'never run',
      help: `Raise drill.level to ${level}.`,
    });
    context.report({ ...found, severity: 'warning' });
  };
  if (drill.checks.length > 0 && drill.level !== 'L6') warn('checks', 'checks', 'L6');
  if (drill.logins.length > 0 && (drill.level === 'L3' || drill.level === 'L4')) warn('logins', 'logins', 'L5');
}

/** PostgreSQL keeps lock_timeout as a whole number of milliseconds (manual, "Setting Parameters": integers of 32 bits). */
const longestLockWaitMs = 2 ** 31 - 1;

function checkLockWait(context: Desire, layers: PolicyLayers, { dump }: Policy): void {
  if (dump.lockWait <= longestLockWaitMs) return;
  context.report({
    path: layers.origin('dump', 'lockWait'),
    at: 'value',
    severity: 'error',
    code: 'spec/bad-value',
    summary: `a lock wait of ${formatDuration(dump.lockWait)} is longer than may be asked for`,
    label: 'at most 24d',
    help: 'A backup that waits for a lock holds up whoever comes after it: minutes are long.',
  });
}

function checkRetention(context: Desire, layers: PolicyLayers, { retention }: Policy): void {
  const { last, hourly, daily, weekly, monthly, yearly, within } = retention;
  if (layers.merged.retention === undefined || within !== undefined) return;
  if ([last, hourly, daily, weekly, monthly, yearly].some((count) => count > 0)) return;
  const summary = 'the retention names no backups to keep, so nothing ever expires';
  const help = 'Add last, hourly, daily, weekly, monthly, yearly or within; or remove the section.';
  context.report({
    ...conflict(layers.origin('retention'), { summary, label: 'no rule', help }),
    severity: 'warning',
    at: 'key',
  });
}
