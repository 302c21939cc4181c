import type { Desire } from './desire.ts';
import type { Policy as PolicyDocument } from './spec-document.gen.ts';
import type { SpecPath } from './spec-text.ts';

/** The policy of one database as written: what holds, and where it stands. */
export interface PolicyLayers {
  /** Sections merged key by key; later layers go first, lists are replaced. */
  readonly merged: PolicyDocument;
  /** Where the part of the policy that holds was written; the database's own path where it was written nowhere. */
  origin(...keys: readonly string[]): SpecPath;
}

/** `defaults`, then the named policy, then the database's own keys. */
export function policyLayers({ document }: Pick<Desire, 'document'>, key: string): PolicyLayers {
  const database = document.databases[key] ?? { server: '' };
  const named = ownEntry(document.policies, database.policy);
  const { server: _server, database: _database, match: _match, except: _except, policy: _policy, ...own } = database;
  const layers: readonly { readonly path: SpecPath; readonly written: PolicyDocument }[] = [
    { path: ['defaults'], written: document.defaults ?? {} },
    { path: ['policies', database.policy ?? ''], written: named ?? {} },
    { path: ['databases', key], written: own },
  ];

  const merged: Record<string, unknown> = {};
  for (const { written } of layers) {
    for (const [section, value] of Object.entries(written)) {
      const before = merged[section];
      merged[section] = isSection(value) && isSection(before) ? { ...before, ...value } : value;
    }
  }
  return {
    merged,
    origin(...keys) {
      const layer = layers.findLast(({ written }) => has(written, keys));
      return layer ? [...layer.path, ...keys] : ['databases', key];
    },
  };
}

/** Names come from the spec: `constructor` must not find anything. */
export function ownEntry<T>(
  entries: { readonly [name: string]: T } | undefined,
  name: string | undefined,
): T | undefined {
  return entries !== undefined && name !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined;
}

function has(written: unknown, keys: readonly string[]): boolean {
  let value = written;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Record<string, unknown>)[key];
  }
  return true;
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
