import type { ContentsDocument, Entry, Fact as FactDocument } from './contents-document.gen.ts';
import type {
  Degradation as DegradationDocument,
  Holds as HoldsDocument,
  ManifestDocument,
  Part as PartDocument,
  Step as StepDocument,
} from './manifest-document.gen.ts';

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** schemas/manifest.v1: the commit point of one backup. */
export type Manifest = DeepReadonly<ManifestDocument>;
/** schemas/contents.v1: what the backup has and where it lies. */
export type Contents = DeepReadonly<ContentsDocument>;
export type ContentEntry = DeepReadonly<Entry>;
export type Part = DeepReadonly<PartDocument>;
export type Codec = Part['codec'];
export type Step = DeepReadonly<StepDocument>;
export type Degradation = DeepReadonly<DegradationDocument>;
export type Holds = DeepReadonly<HoldsDocument>;
/** One thing that was so in the snapshot. `kind` and `name` together are its identity. */
export type Fact = DeepReadonly<FactDocument>;

/** Artefacts that are SQL text made by Holdfast, small enough for memory. */
export const textKinds = [
  'roles',
  'database',
  'supplement',
  'views',
] as const satisfies readonly ContentEntry['kind'][];
export type TextKind = (typeof textKinds)[number];
