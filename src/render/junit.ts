import { element, xmlDocument } from './xml.ts';

/** One test case of JUnit XML. */
export interface JunitCase {
  readonly classname: string;
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'error';
  /** One line; nothing where it passed. */
  readonly message: string;
  /** The details, any number of lines. */
  readonly text: string;
  readonly ms: number;
}

/** One test suite of JUnit XML. */
export interface JunitSuite {
  readonly name: string;
  /** ISO 8601, without a fraction of seconds. */
  readonly timestamp?: string;
  readonly ms: number;
  readonly properties: readonly (readonly [string, string])[];
  readonly cases: readonly JunitCase[];
}

/** JUnit XML as CI systems read it (Jenkins, GitLab, GitHub reporters). */
export function junitXml(name: string, suites: readonly JunitSuite[]): string {
  const ms = suites.reduce((sum, suite) => sum + suite.ms, 0);
  const cases = suites.flatMap((suite) => suite.cases);
  return xmlDocument(element('testsuites', { name, ...counts(cases), time: seconds(ms) }, suites.map(suiteElement)));
}

function suiteElement({ name, timestamp, ms, properties, cases }: JunitSuite): string {
  const listed = properties.map(([key, value]) => element('property', { name: key, value }));
  return element(
    'testsuite',
    { name, ...counts(cases), time: seconds(ms), ...(timestamp === undefined ? {} : { timestamp }) },
    [...(listed.length === 0 ? [] : [element('properties', {}, listed)]), ...cases.map(caseElement)],
  );
}

function counts(cases: readonly JunitCase[]) {
  const having = (state: JunitCase['state']): number => cases.filter((one) => one.state === state).length;
  return { tests: cases.length, failures: having('failed'), errors: having('error'), skipped: having('skipped') };
}

function caseElement({ classname, name, state, message, text, ms }: JunitCase): string {
  const outcome = {
    passed: () => [],
    skipped: () => [element('skipped', { message })],
    error: () => [element('error', { message, type: 'error' }, text)],
    failed: () => [element('failure', { message, type: 'failed' }, text)],
  };
  return element('testcase', { classname, name, time: seconds(ms) }, outcome[state]());
}

/** Milliseconds as the seconds of JUnit XML. */
export function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
