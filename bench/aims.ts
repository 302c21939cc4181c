import { formatBytes } from '../src/base/bytes.ts';

/** One measured number that an aim speaks of. */
export interface Figure {
  readonly of: FigureName;
  /** What it was measured with, where more than one is: `PostgreSQL 18`. */
  readonly where?: string;
  readonly value: number;
}

export type FigureName =
  | 'apply / pg_dump zstd'
  | 'apply / pg_dump gzip'
  | 'dump | gzip -6 / apply'
  | 'drill / pg_restore'
  | 'peak of apply'
  | 'peak of drill'
  | '--version / node'
  | 'warm plan'
  | 'peak of warm plan'
  | 'planner';

interface Limit {
  readonly of: FigureName;
  readonly unit: 'times' | 'seconds' | 'bytes';
  readonly atMost?: number;
  readonly atLeast?: number;
}

interface Aim {
  readonly aim: string;
  readonly limits: readonly Limit[];
}

const megabyte = 1_000_000;

const aims: readonly Aim[] = [
  {
    aim: 'apply at most 1.15× of pg_dump with zstd, 1.3× with gzip',
    limits: [
      { of: 'apply / pg_dump zstd', unit: 'times', atMost: 1.15 },
      { of: 'apply / pg_dump gzip', unit: 'times', atMost: 1.3 },
    ],
  },
  {
    aim: 'apply at least 3× faster than the vendor’s dump through `gzip -6`',
    limits: [{ of: 'dump | gzip -6 / apply', unit: 'times', atLeast: 3 }],
  },
  {
    aim: 'whole drill at most 1.5× of pg_restore',
    limits: [{ of: 'drill / pg_restore', unit: 'times', atMost: 1.5 }],
  },
  {
    aim: 'apply: peak memory at most 200 MB',
    limits: [{ of: 'peak of apply', unit: 'bytes', atMost: 200 * megabyte }],
  },
  {
    aim: 'drill: peak memory at most 200 MB',
    limits: [{ of: 'peak of drill', unit: 'bytes', atMost: 200 * megabyte }],
  },
  {
    aim: '`--version` at most 1.2× of an empty node',
    limits: [{ of: '--version / node', unit: 'times', atMost: 1.2 }],
  },
  {
    aim: 'plan over 60,000 backups, index warm: at most 2 s',
    limits: [{ of: 'warm plan', unit: 'seconds', atMost: 2 }],
  },
  {
    aim: 'plan over 60,000 backups, index warm: peak memory at most 300 MB',
    limits: [{ of: 'peak of warm plan', unit: 'bytes', atMost: 300 * megabyte }],
  },
  { aim: 'the planner alone at most 0.5 s', limits: [{ of: 'planner', unit: 'seconds', atMost: 0.5 }] },
];

/**
 * The aims as Markdown, each with what was measured of it and whether that meets it; one of which nothing was measured is
 * left out.
 */
export function aimsSection(figures: readonly Figure[]): string {
  const rows = aims.flatMap(({ aim, limits }) => {
    const found = limits.flatMap((limit) =>
      figures.filter(({ of }) => of === limit.of).map((figure) => ({ figure, limit })),
    );
    if (found.length === 0) return [];
    const measured = found.map(({ figure, limit }) => shown(figure, limit.unit)).join(', ');
    const missed = found.filter(({ figure, limit }) => !meets(figure.value, limit)).map(({ figure }) => figure.where);
    const met = missed.length === 0 ? 'yes' : missed.length === found.length ? 'no' : `not with ${missed.join(', ')}`;
    return [`| ${aim} | ${measured} | ${met} |`];
  });
  return ['## Aims', '', '| aim | measured | met |', '|---|---|---|', ...rows, ''].join('\n');
}

function meets(value: number, { atMost = Number.POSITIVE_INFINITY, atLeast = 0 }: Limit): boolean {
  return value <= atMost && value >= atLeast;
}

function shown({ value, where }: Figure, unit: Limit['unit']): string {
  const text =
    unit === 'times' ? `${value.toFixed(2)}×` : unit === 'seconds' ? `${value.toFixed(2)} s` : formatBytes(value);
  return where === undefined ? text : `${text} (${where})`;
}
