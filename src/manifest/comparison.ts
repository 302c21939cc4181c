import type { Fact } from './manifest.ts';
import type { Json } from '../base/json.ts';

/**
 * How much a difference weighs.
 * - `strict`: must be equal; a difference fails the drill.
 * - `interval`: may lie between two recorded values (a sequence moves while the dump runs).
 * - `recomputed`: the server computes it anew (a materialised view's rows).
 * - `informational`: named, never red (documented in docs/design.md).
 */
export type DifferenceClass = 'strict' | 'interval' | 'recomputed' | 'informational';

export interface Difference {
  readonly class: DifferenceClass;
  readonly kind: string;
  readonly name: string;
  /** Field of the fact's value; undefined where the whole fact is missing or extra. */
  readonly field: string | undefined;
  /** Values are shown unless the rules call them secret; undefined = not there. */
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
  /** Why it is not strict, for the three other classes. */
  readonly because: string | undefined;
}

/** An engine's knowledge of what may differ, as data and pure functions. */
export interface ComparisonRules {
  /** Undefined: strict. `expected`/`actual` are whole facts, undefined where missing. */
  classify(difference: {
    readonly kind: string;
    readonly name: string;
    readonly field: string | undefined;
    readonly expected: Fact | undefined;
    readonly actual: Fact | undefined;
  }): { readonly class: Exclude<DifferenceClass, 'strict'>; readonly because: string } | undefined;
  /**
   * Kinds of facts that say who may do what (roles, memberships, owners, ACLs, policies, settings); the others are structure.
   */
  readonly accessKinds: ReadonlySet<string>;
  /** Whether a field's values must never be shown (password verifiers, user-mapping options). */
  isSecret(kind: string, field: string): boolean;
  /** A value of a field that may hold secrets among others, without them; the value itself where it holds none. */
  withoutSecrets?(kind: string, field: string, value: Json): Json;
}
