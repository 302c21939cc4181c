import { randomInt } from 'node:crypto';
import { accountFlavours } from './account-flavour.ts';
import type { Flavour } from './flavour.ts';

/**
 * A verifier in the form of a plugin that nobody knows a password for; undefined where the plugin keeps no password or none
 * that is known. An account made without any could be logged in to by everybody; a lock would be one more difference.
 */
export function unusableVerifier(vendor: Flavour['name'], plugin: string): string | undefined {
  return accountFlavours[vendor].passwordPlugins[plugin]
    ?.map((part) =>
      typeof part === 'string'
        ? part
        : Array.from({ length: part.length }, () => part.of.charAt(randomInt(part.of.length))).join(''),
    )
    .join('');
}
