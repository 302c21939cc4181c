import type { ErrorObject } from 'ajv';
import { validate } from './spec-validator.gen.js';

/** Every way in which the data differs from the schema; none where it fits. */
export function validateSpec(data: unknown): readonly ErrorObject[] {
  const check = validate as unknown as { (value: unknown): boolean; errors?: readonly ErrorObject[] | null };
  return check(data) ? [] : (check.errors ?? []);
}
