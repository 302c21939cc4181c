import { addressPrefix } from '../manifest/keys.ts';
import type { Address } from '../base/address.ts';
import { isoTime } from '../base/instant.ts';
import { acquireLease } from '../repository/lease.ts';
import type { Lease, Repository } from '../repository/repository.ts';
import type { Tools } from './tools.ts';

export type LeaseScope = { readonly kind: 'capture'; readonly address: Address } | { readonly kind: 'expire' };

/** Holds the lease of a scope until disposed. Throws `repository/lease-held`, naming the holder. */
export async function holdLease(repository: Repository, scope: LeaseScope, tools: Tools): Promise<Lease> {
  const name = scope.kind === 'capture' ? `capture/${addressPrefix(scope.address)}` : 'expire';
  return acquireLease(repository, name, {
    clock: tools.clock,
    holder: {
      host: tools.trigger.host,
      pid: process.pid,
      command: tools.trigger.command,
      since: isoTime(tools.clock.now()),
      run: tools.trigger.run,
    },
    signal: tools.signal,
  });
}
