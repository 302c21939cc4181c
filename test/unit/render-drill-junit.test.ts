import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { drillJunit } from '../../src/render/drill-junit.ts';
import { OperationError } from '../../src/base/operation-error.ts';
import { emptyDrill, failedDrill, passedDrill, unrestorableDrill } from '../support/drill-reports.ts';

interface Case {
  readonly '@name': string;
  readonly '@classname': string;
  readonly '@time': string;
  readonly failure?: readonly [{ readonly '@message': string; readonly '#text'?: string }];
  readonly error?: Case['failure'];
  readonly skipped?: readonly [unknown];
}

interface Suite {
  readonly '@name': string;
  readonly '@tests': string;
  readonly '@failures': string;
  readonly '@skipped': string;
  readonly '@timestamp': string;
  readonly properties?: readonly [
    { readonly property: readonly { readonly '@name': string; readonly '@value': string }[] },
  ];
  readonly testcase: readonly Case[];
}

interface Document {
  readonly testsuites: readonly [
    {
      readonly '@tests': string;
      readonly '@failures': string;
      readonly '@skipped': string;
      readonly testsuite: readonly Suite[];
    },
  ];
}

function parse(xml: string): Document['testsuites'][0] {
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
    parseTagValue: false,
    htmlEntities: true,
    trimValues: false,
    ignoreDeclaration: true,
  });
  return (parser.parse(xml) as Document).testsuites[0];
}

describe('the evidence of a drill as JUnit', () => {
  test.each([
    ['passed', passedDrill],
    ['failed', failedDrill],
    ['unrestorable', unrestorableDrill],
    ['nothing checked', emptyDrill],
  ])('a parser reads it back and the sums are those of the cases: %s', (_name, report) => {
    const root = parse(drillJunit([report]));
    let [tests, failures, skipped] = [0, 0, 0];
    for (const suite of root.testsuite) {
      const failing = suite.testcase.filter((one) => one.failure !== undefined);
      const left = suite.testcase.filter((one) => one.skipped !== undefined);
      expect(suite['@tests']).toBe(String(suite.testcase.length));
      expect(suite['@failures']).toBe(String(failing.length));
      expect(suite['@skipped']).toBe(String(left.length));
      expect(suite['@timestamp']).toBe('2026-11-22T02:00:00');
      tests += suite.testcase.length;
      failures += failing.length;
      skipped += left.length;
    }
    expect([root['@tests'], root['@failures'], root['@skipped']]).toEqual([tests, failures, skipped].map(String));
    expect(failures > 0).toBe(report !== passedDrill);
  });

  test('failures, skips and properties say what the report says', () => {
    const [checks, differences, objectives] = parse(drillJunit([failedDrill])).testsuite;
    const failing = checks?.testcase.filter((one) => one.failure !== undefined).map((one) => one['@name']);
    expect(failing).toContain('public.orders');
    expect(checks?.testcase.find((one) => one['@name'] === 'public.orders')?.failure?.[0]['#text']).toBe(
      'expected: 48231 rows\nactual: 48230 rows\ndetail: content digest differs',
    );
    expect(checks?.testcase.find((one) => one['@name'] === 'botpress')?.skipped).toBeDefined();
    expect(differences?.testcase.map((one) => one['@name'])).toContain('acl public.orders, field grants');
    expect(objectives?.testcase.map((one) => one.failure !== undefined)).toEqual([true, false]);
    const properties = new Map(checks?.properties?.[0].property.map((one) => [one['@name'], one['@value']]));
    expect(properties.get('verdict')).toBe('FAILED');
    expect(properties.get('backup')).toBe(failedDrill.backup.id);
    expect(properties.get('degradation passwords-unreadable')).toContain('may not read');
  });

  test('a failure without values is explained by its detail', () => {
    const [check] = unrestorableDrill.checks;
    if (check === undefined) throw new Error('the fixture has no check');
    const bare = { ...check, expected: null, actual: null, detail: 'toc.dat differs' };
    const [checks] = parse(drillJunit([{ ...unrestorableDrill, checks: [bare] }])).testsuite;
    expect(checks?.testcase.at(-1)?.failure?.[0]['@message']).toBe('toc.dat differs');
  });

  test('what XML cannot hold is written out, what it can hold comes back as it was', () => {
    const name = 'a\u0000b\u001bc\uFFFFd\uD800e <&>"\' ]]> \t\n ü 🐘';
    const [check] = failedDrill.checks;
    if (check === undefined) throw new Error('the fixture has no check');
    const [checks] = parse(drillJunit([{ ...failedDrill, checks: [{ ...check, name }] }])).testsuite;
    expect(checks?.testcase.map((one) => one['@name'])).toContain('a\\x00b\\x1bc\\xffffd\uFFFDe <&>"\' ]]> \t\n ü 🐘');
  });

  test('a drill that did not run is an error, beside the others, and never green', () => {
    const error = new OperationError('target/is-source', 'clean is the declared source <wfdb02>', {
      hint: 'Name another.',
    });
    const notRun = [
      { address: { server: 'wfdb02', database: 'cmdb' }, error },
      { address: { server: 'wfdb02', database: 'hr' }, error: new OperationError('restore/no-backup', 'no backup') },
    ];
    const alone = parse(drillJunit([], notRun));
    expect(alone).toMatchObject({ '@tests': '2', '@failures': '0', '@errors': '2', '@skipped': '0' });
    const [cmdb, hr] = alone.testsuite;
    expect(cmdb).toMatchObject({ '@name': 'wfdb02/cmdb checks', '@tests': '1', '@errors': '1' });
    expect(cmdb?.testcase).toMatchObject([
      {
        '@name': 'the drill runs',
        error: [
          {
            '@message': 'clean is the declared source <wfdb02>',
            '#text': 'target/is-source: clean is the declared source <wfdb02>\nName another.',
          },
        ],
      },
    ]);
    expect(hr?.testcase[0]?.error?.[0]['#text']).toBe('restore/no-backup: no backup');
    const beside = parse(drillJunit([passedDrill], notRun));
    expect(beside).toMatchObject({ '@failures': '0', '@errors': '2' });
    expect(beside.testsuite.map((suite) => suite['@name'])).toEqual([
      'wfdb02/botpress_db checks',
      'wfdb02/botpress_db objectives',
      'wfdb02/cmdb checks',
      'wfdb02/hr checks',
    ]);
  });

  test('several drills share one document', () => {
    const root = parse(drillJunit([passedDrill, failedDrill]));
    expect(root.testsuite).toHaveLength(5);
    expect(root.testsuite[0]?.['@name']).toBe('wfdb02/botpress_db checks');
  });
});
