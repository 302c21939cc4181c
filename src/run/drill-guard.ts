import type { CleanServer } from '../engine/clean-server.ts';
import type { Engine } from '../engine/engine.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { TargetLease } from '../target/target.ts';
import type { DrillRequest } from './drill-request.ts';
import type { Tools } from './tools.ts';

interface Guard {
  readonly request: DrillRequest;
  readonly manifest: Manifest;
  readonly engine: Engine;
  readonly lease: TargetLease;
  readonly tools: Tools;
}

/**
 * Lets a drill write to its target only where that is empty and none of the sources, and says how that was shown. A declared
 * server could be any of the sources, so each must answer. One that this drill made cannot; there a source that does not
 * answer is named in the evidence and holds up nothing: a drill must be possible while the source is down.
 */
export async function guard({ request, manifest, engine, lease, tools }: Guard): Promise<{
  readonly server: CleanServer;
  readonly notASource: string;
}> {
  const created = lease.provenance === 'created';
  const server = await engine.proveClean(accessOf(request, lease), {
    mustBeEmpty: true,
    sources: request.sources,
    sourceIdentity: manifest.source.identity,
    ...(created ? { silentSources: 'allowed' } : {}),
    signal: tools.signal,
  });
  const silent = [...request.sourcesWithoutAccess, ...server.silent];
  const compared = namesOf(request.sources).filter((name) => !silent.includes(name));
  return { server, notASource: words(created ? 'made for this drill' : 'declared disposable', compared, silent) };
}

const namesOf = (sources: readonly ServerAccess[]): readonly string[] => sources.map(({ name }) => name);

function words(origin: string, compared: readonly string[], silent: readonly string[]): string {
  return [
    origin,
    'found empty',
    'not the server of the backup',
    compared.length === 0
      ? 'compared with no source'
      : `system identity and advisory lock compared with ${compared.join(', ')}`,
    ...(silent.length === 0 ? [] : [`${silent.join(', ')} could not be asked`]),
  ].join(', ');
}

/** Where the target has no client programs of its own, those of the source are of the right version. */
function accessOf({ target, clients: ofSource }: DrillRequest, lease: TargetLease): ServerAccess {
  const { connection, maintenanceDatabase, clients = ofSource } = lease;
  return { name: target.name, connection, maintenanceDatabase, ...(clients === undefined ? {} : { clients }) };
}
