import pRetry from 'p-retry';
import { formatAddress } from '../base/address.ts';
import { OperationError } from '../base/operation-error.ts';
import type { BackUp } from '../plan/plan.ts';
import type { Repository } from '../repository/repository.ts';
import { backUp, type Committed } from './back-up.ts';
import type { ServerBrackets } from './server-brackets.ts';
import type { Tools } from './tools.ts';

/** Tries after the first one, and the waits between them: 2 s, 8 s, 32 s. */
const retries = 3;
const wait = { minTimeout: 2_000, factor: 4 } as const;

/**
 * `backUp`, tried again with growing pauses while the failure is transient (a dropped connection, a table that stayed
 * locked). Each try is a backup of its own, with its own snapshot and id, in a fresh bracket.
 */
export async function backUpWithRetry(
  action: BackUp,
  brackets: ServerBrackets,
  repository: Repository,
  tools: Tools,
): Promise<Committed> {
  return pRetry(async () => backUp(action, await brackets.of(action), repository, tools), {
    retries,
    ...wait,
    signal: tools.signal,
    shouldRetry: ({ error }) => isWorthAnotherTry(error) && !tools.signal.aborted,
    onFailedAttempt({ error, attemptNumber, retriesLeft }) {
      brackets.leave(action);
      if (retriesLeft === 0 || !isWorthAnotherTry(error)) return;
      const waitMs = wait.minTimeout * wait.factor ** (attemptNumber - 1);
      tools.emit({
        kind: 'retry',
        key: action.id,
        attempt: attemptNumber,
        of: retries + 1,
        waitMs,
        reason: `${formatAddress(action.address)}: ${error.message}`,
      });
    },
  });
}

/** Another run that holds the lease is making this very backup: its holder is named at once instead of waiting for it. */
function isWorthAnotherTry(error: unknown): error is OperationError {
  return error instanceof OperationError && error.transient && error.code !== 'repository/lease-held';
}
