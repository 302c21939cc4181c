import { OperationError } from '../base/operation-error.ts';

/** One part of a key: what manifest/keys.ts makes. A leading dot is refused, so neither `..` nor a hidden file is a key. */
const part = /^[A-Za-z0-9%_-][A-Za-z0-9%._-]{0,254}$/;

export function isKeyPart(text: string): boolean {
  return part.test(text);
}

/** The parts of a key. Throws `repository/io` for anything that no key of Holdfast looks like. */
export function keyParts(key: string): readonly string[] {
  const parts = key.split('/');
  if (parts.length > 8 || key.length > 1_000 || !parts.every(isKeyPart)) {
    throw new OperationError('repository/io', `${JSON.stringify(key.slice(0, 80))} is not a key of this repository`);
  }
  return parts;
}
