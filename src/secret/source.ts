import type { Secret } from '../base/secret.ts';
import type { SecretReference } from '../spec/desired.ts';

/** Resolves references to secrets. Throws OperationError `secret/missing`, naming the reference and never a value. */
export interface SecretSource {
  read(reference: SecretReference): Promise<Secret>;
}
