import type { Address } from '../base/address.ts';
import type { OperationError } from '../base/operation-error.ts';
import type { Check, Difference, DrillDocument } from './drill-document.gen.ts';

/** schemas/drill.v1: the evidence of one drill. Plain data: rendered by render/, stored under records/drill. */
export type DrillReport = Readonly<DrillDocument>;
export type DrillCheck = Readonly<Check>;
export type DrillDifference = Readonly<Difference>;

/** A drill whose evidence is known and not in the repository. */
export interface DrillNotStored {
  readonly address: Address;
  readonly error: OperationError;
}

/** A drill that showed nothing about its backup, and why. It leaves no evidence. */
export interface DrillNotRun {
  readonly address: Address;
  readonly error: OperationError;
}
