import { isDeepStrictEqual } from 'node:util';
import { OperationError } from '../base/operation-error.ts';
import type { Address } from '../base/address.ts';
import { validate as validContents } from './contents-validator.gen.js';
import { manifestDigest } from './encode.ts';
import { contentsKey, dataPrefix, type BackupId } from './keys.ts';
import { validate as validManifest } from './manifest-validator.gen.js';
import type { Contents, Manifest } from './manifest.ts';

/**
 * A manifest from its stored bytes. Throws `repository/manifest-invalid` where it is damaged, fails its schema, or
 * belongs to another key than the one it was read from; `repository/format` where a newer Holdfast wrote it.
 */
export function decodeManifest(
  bytes: Uint8Array,
  expected: { readonly address: Address; readonly id: BackupId },
): Manifest {
  const subject = `manifest ${expected.id}`;
  const data = parse(bytes, subject);
  if (!validManifest(data)) throw invalid(subject, firstError(validManifest));
  const { digest, ...manifest } = data as Manifest & { digest?: string };
  if (digest !== manifestDigest(manifest)) throw invalid(subject, 'its digest does not fit');
  if (manifest.id !== expected.id || !isDeepStrictEqual(manifest.address, { ...expected.address }))
    throw invalid(subject, 'it stands under another name');
  if (manifest.contents.object !== contentsKey(expected.id)) throw invalid(subject, 'its contents are not its own');
  return manifest;
}

/** Contents from their decoded bytes. Throws like `decodeManifest`; also where a part lies outside the backup's own objects. */
export function decodeContents(bytes: Uint8Array, id: BackupId): Contents {
  const subject = `contents of ${id}`;
  const data = parse(bytes, subject);
  if (!validContents(data)) throw invalid(subject, firstError(validContents));
  const contents = data as Contents;
  if (contents.id !== id) throw invalid(subject, 'they belong to another backup');
  const foreign = contents.entries
    .flatMap((entry) => entry.parts)
    .find((part) => !part.object.startsWith(dataPrefix(id)) || part.object.includes('/.'));
  if (foreign !== undefined) throw invalid(subject, 'they name an object of another backup');
  if (contents.entries.some(({ file }) => file === '.' || file === '..'))
    throw invalid(subject, 'they name a file that is a directory');
  return contents;
}

function parse(bytes: Uint8Array, subject: string): object {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(subject, 'it is no JSON');
  }
  if (typeof data !== 'object' || data === null) throw invalid(subject, 'it is no JSON object');
  if ('formatVersion' in data && typeof data.formatVersion === 'number' && data.formatVersion > 1) {
    throw new OperationError(
      'repository/format',
      `${subject} was written by a newer Holdfast (format ${data.formatVersion})`,
      { hint: 'Update Holdfast.' },
    );
  }
  return data;
}

/** Generated validators keep their errors on themselves (ajv, "Standalone validation code"). */
function firstError(validate: unknown): string {
  const { errors } = validate as {
    readonly errors?: readonly { readonly instancePath: string; readonly keyword: string }[] | null;
  };
  const error = errors?.[0];
  return error === undefined
    ? 'it fails its schema'
    : `${error.instancePath || 'it'} fails its schema (${error.keyword})`;
}

function invalid(subject: string, detail: string): OperationError {
  return new OperationError('repository/manifest-invalid', `${subject} is not valid: ${detail}`);
}
