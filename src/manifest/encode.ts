import { createHash } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { canonicalJson, type Json } from '../base/json.ts';
import type { Contents, Manifest } from './manifest.ts';

/** The bytes of a manifest as stored: canonical JSON with its own digest, and a newline. */
export function encodeManifest(manifest: Manifest): Buffer {
  return Buffer.from(
    `${canonicalJson({ ...(manifest as unknown as Record<string, Json>), digest: manifestDigest(manifest) })}\n`,
  );
}

/** sha256 of the canonical JSON of everything but `digest`. */
export function manifestDigest(manifest: object): string {
  const { digest: _, ...rest } = manifest as Record<string, Json>;
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}

/** The bytes of contents.v1 as stored: canonical JSON as one zstd frame with a checksum. */
export function encodeContents(contents: Contents): Buffer {
  return zstdCompressSync(canonicalJson(contents as unknown as Json), {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
  });
}
