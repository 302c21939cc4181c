import { productNames } from '../base/engine-name.ts';
import { formatAddress } from '../base/address.ts';
import type { DrillCheck, DrillDifference, DrillNotRun, DrillReport } from '../run/drill-report.ts';
import { describeObjective, describeTarget, nameDifference, summariseDrill } from './drill-summary.ts';
import { junitXml, seconds, type JunitCase, type JunitSuite } from './junit.ts';

/**
 * JUnit XML of drills: per drill one suite with the checks, one with the strict differences, one with the objectives. Not
 * checked = skipped. A drill that checked nothing, or restored nothing, has a failing case of its own, because CI systems
 * show a suite without failures as green; one that did not run, an error.
 */
export function drillJunit(reports: readonly DrillReport[], notRun: readonly DrillNotRun[] = []): string {
  return junitXml('holdfast drill', [...reports.flatMap(suitesOf), ...notRun.map(notRunSuite)]);
}

function notRunSuite({ address, error }: DrillNotRun): JunitSuite {
  const classname = formatAddress(address);
  return {
    name: `${classname} checks`,
    ms: 0,
    properties: [],
    cases: [
      {
        classname,
        name: 'the drill runs',
        state: 'error',
        message: error.message,
        text: `${error.code}: ${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}`,
        ms: 0,
      },
    ],
  };
}

function suitesOf(report: DrillReport): readonly JunitSuite[] {
  const name = `${report.address.server}/${report.address.database}`;
  const differences = report.differences
    .filter((one) => one.class === 'strict')
    .map((one) => differenceCase(name, one));
  const suite = (
    title: string,
    ms: number,
    cases: readonly JunitCase[],
    properties: JunitSuite['properties'] = [],
  ): JunitSuite => ({
    name: `${name} ${title}`,
    timestamp: report.startedAt.replace(/\.\d+Z$/, ''),
    ms,
    properties,
    cases,
  });
  return [
    suite(
      'checks',
      Math.max(0, Date.parse(report.finishedAt) - Date.parse(report.startedAt)),
      [...verdictCases(name, report), ...report.checks.map((check) => checkCase(name, check))],
      propertiesOf(report),
    ),
    ...(differences.length === 0 ? [] : [suite('strict differences', 0, differences)]),
    suite('objectives', 0, [
      objectiveCase(name, 'recovery time', report.rto),
      objectiveCase(name, 'age of the data', report.dataAge),
    ]),
  ];
}

function verdictCases(classname: string, report: DrillReport): readonly JunitCase[] {
  const summary = summariseDrill(report);
  const { state, error } = report.restoration;
  const restored: JunitCase = {
    classname,
    name: 'the backup restores',
    state: state === 'succeeded' ? 'passed' : 'failed',
    message: state === 'failed' ? (error?.message ?? 'the restore failed') : 'the restore was not run',
    text: error === null ? '' : `${error.code}: ${error.message}`,
    ms: report.rto.ms ?? 0,
  };
  const verdict: JunitCase = {
    classname,
    name: `the drill reaches ${report.level}`,
    state: summary.verdict === 'PASSED' ? 'passed' : 'failed',
    message: summary.because,
    text: `verdict ${summary.verdict}, ${report.level} asked for, ${report.reached ?? 'none'} reached`,
    ms: 0,
  };
  return [restored, verdict];
}

function checkCase(address: string, check: DrillCheck): JunitCase {
  const detail = check.detail ?? '';
  return {
    classname: `${address}.${check.level}.${check.kind}`,
    name: check.name,
    state: check.state === 'not-checked' ? 'skipped' : check.state,
    message: messageOf(check),
    text: `expected: ${check.expected ?? '(none)'}\nactual: ${check.actual ?? '(none)'}${detail === '' ? '' : `\ndetail: ${detail}`}`,
    ms: 0,
  };
}

function messageOf({ state, expected, actual, detail }: DrillCheck): string {
  if (state === 'not-checked') return detail ?? 'not checked';
  if (expected === null && actual === null) return detail ?? 'failed';
  return `expected ${expected ?? '(none)'}, actual ${actual ?? '(none)'}`;
}

function differenceCase(address: string, one: DrillDifference): JunitCase {
  return {
    classname: `${address}.difference.${one.kind}`,
    name: nameDifference(one),
    state: 'failed',
    message: 'what came back differs from what the backup recorded',
    text: `expected: ${one.expected ?? '(none)'}\nactual: ${one.actual ?? '(none)'}`,
    ms: 0,
  };
}

function objectiveCase(address: string, name: string, objective: DrillReport['rto']): JunitCase {
  const state = { met: 'passed', breached: 'failed', none: 'skipped', unknown: 'skipped' } as const;
  return {
    classname: `${address}.objective`,
    name,
    state: state[objective.state],
    message: describeObjective(objective),
    text: '',
    ms: 0,
  };
}

function propertiesOf(report: DrillReport): JunitSuite['properties'] {
  return [
    ['verdict', summariseDrill(report).verdict],
    ['tool', `${report.tool.name} ${report.tool.version}`],
    ['backup', report.backup.id],
    ['snapshot', report.backup.snapshotAt],
    ['source', `${productNames[report.backup.engine]} ${report.backup.sourceVersion}`],
    ['manifest sha256', report.backup.manifestSha256],
    ['contents sha256', report.backup.contentsSha256],
    ['spec sha256', report.spec?.digest ?? 'none'],
    ['target', describeTarget(report.target)],
    ['not a source', report.target.notASource],
    ['recovery time', describeObjective(report.rto)],
    ['age of the data', describeObjective(report.dataAge)],
    ['teardown', `${report.teardown.state}: ${report.teardown.detail}`],
    ['run', report.trigger.run ?? `${report.trigger.user} on ${report.trigger.host}`],
    ...report.phases.map((one) => [`phase ${one.phase}`, `${seconds(one.ms)} s`] as const),
    ...report.degradations.map((one) => [`degradation ${one.code}`, `${one.subject}: ${one.detail}`] as const),
  ];
}
