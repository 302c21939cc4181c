import { randomBytes } from 'node:crypto';
import { formatAddress, type Address } from '../../base/address.ts';
import { OperationError } from '../../base/operation-error.ts';
import { openScratch } from '../../system/scratch.ts';
import type { BracketOptions, CaptureBracket, PlannedCapture } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { captureDatabase, type CaptureContext } from './capture.ts';
import { findClient, takesFirstStatement } from './clients.ts';
import { startDump } from './dump-process.ts';
import { seriesOf, type Flavour } from './flavour.ts';
import { longestLockWait, prepare, type PrepareContext, type Prepared } from './prepare.ts';
import { QueryError } from './query-error.ts';
import { openSession, type Session } from './session.ts';
import { accessDenied } from './server-lock.ts';

/**
 * One lock for everything that is planned on a server: these servers cannot export a snapshot, so the sessions of all dumps
 * open theirs while nothing commits. Where the login may not lock, each dump is consistent in itself, which the preflight
 * names. Throws `source/connect`, `source/lock-timeout`, `server/version-unsupported`, `client/missing`, `client/too-old`,
 * and `capture/refused` where the login lacks a privilege for all of it.
 */
export const openBracket =
  (flavour: Flavour) =>
  async (server: ServerAccess, options: BracketOptions): Promise<CaptureBracket> => {
    await using opening = new AsyncDisposableStack();
    const { signal, digestKey } = options;
    const control = opening.use(
      await openSession(server, flavour, { signal, lockWaitMs: longestLockWait(options.planned) }),
    );
    checkSupported(flavour, server, control);
    const program = await findClient(flavour, 'dump', {
      versionNumber: control.versionNumber,
      folder: server.clients,
    });
    const { path: directory } = opening.use(await openScratch('dumps'));
    const gated = await takesFirstStatement(flavour, program.path);
    if (options.lockInstance) await lockInstance(control, flavour);
    const context: PrepareContext = { server, flavour, control, program, gated, directory, digestKey, signal };
    const prepared = opening.use(preparedDatabases(context, options.planned));
    const captureContext: CaptureContext = {
      server,
      flavour,
      digestKey,
      program,
      dumpStructure: (database, objects, structure) =>
        startDump(server, flavour, {
          program: program.path,
          database,
          objects,
          arguments: structure.arguments,
          directory,
          marker: `holdfast-dump-${randomBytes(8).toString('hex')}`,
          gate: undefined,
          signal: structure.signal,
        }),
    };
    await prepared.take(options.planned);
    const closing = opening.move();
    return {
      capture: async (request, sink) => {
        request.events.phase('preflight');
        await using database = await prepared.of(request.address);
        return await captureDatabase(captureContext, database, request, sink);
      },
      [Symbol.asyncDispose]: () => closing.disposeAsync(),
    };
  };

function checkSupported(flavour: Flavour, server: ServerAccess, { version, versionNumber }: Session): void {
  const { oldest, newest } = flavour.supported;
  if (versionNumber >= oldest && versionNumber <= newest) return;
  throw new OperationError(
    'server/version-unsupported',
    `${server.name} is ${flavour.product} ${version}, supported are ${seriesOf(oldest)} and newer`,
  );
}

async function lockInstance(control: Session, flavour: Flavour): Promise<void> {
  try {
    await control.run('LOCK INSTANCE FOR BACKUP');
  } catch (error) {
    if (!(error instanceof QueryError) || !accessDenied.has(error.errno ?? 0)) throw error;
    throw new OperationError('capture/refused', `the login may not lock the instance of ${flavour.product}`, {
      hint: 'Grant BACKUP_ADMIN on *.* to it, or set servers.<name>.lockInstance to false.',
    });
  }
}

interface PreparedDatabases extends AsyncDisposable {
  take(planned: readonly PlannedCapture[]): Promise<void>;
  /** Once for each: its dumps can only be read once. */
  of(address: Address): Promise<Prepared>;
}

function preparedDatabases(context: PrepareContext, planned: readonly PlannedCapture[]): PreparedDatabases {
  const waiting = new Map<string, Prepared | OperationError>();
  return {
    async take(wanted) {
      const results = await prepare(context, wanted);
      for (const [index, result] of results.entries()) {
        const capture = wanted[index];
        if (capture !== undefined) waiting.set(formatAddress(capture.address), result);
      }
    },
    of(address) {
      const name = formatAddress(address);
      const found = waiting.get(name);
      waiting.delete(name);
      if (found instanceof OperationError) return Promise.reject(found);
      if (found !== undefined) return Promise.resolve(found);
      const known = planned.some((each) => formatAddress(each.address) === name);
      return Promise.reject(
        new OperationError('capture/refused', `${name} ${known ? 'was captured already' : 'is not part of this run'}`),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const each of waiting.values()) if (!(each instanceof OperationError)) await each[Symbol.asyncDispose]();
    },
  };
}
