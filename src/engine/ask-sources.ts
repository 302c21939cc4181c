import { messageOf, OperationError } from '../base/operation-error.ts';
import type { ServerAccess } from './server-access.ts';

/** Which of the sources a target is. */
export interface Comparison {
  /** The source that the target is, and how that shows; undefined where it is none of those that answered. */
  readonly same: { readonly source: string; readonly because: string } | undefined;
  /** Sources that could not be asked, and why. */
  readonly silent: readonly { readonly source: string; readonly error: OperationError }[];
}

/** A source has as long to answer; all are asked at once. */
export const sourceTimeoutMs = 10_000;

/**
 * Asks every source whether it is the target. `because` gives the sign that it is, undefined where there is none; what it
 * throws as OperationError is an answer too: that source is silent.
 */
export async function askSources(
  sources: readonly ServerAccess[],
  because: (source: ServerAccess) => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<Comparison> {
  const answers = await Promise.all(
    sources.map(async (source): Promise<Answer> => {
      try {
        const sign = await because(source);
        return sign === undefined ? {} : { same: { source: source.name, because: sign } };
      } catch (error) {
        if (!(error instanceof OperationError) || signal.aborted) throw error;
        return { silent: { source: source.name, error: unasked(source, error) } };
      }
    }),
  );
  return {
    same: answers.find(({ same }) => same !== undefined)?.same,
    silent: answers.flatMap(({ silent }) => silent ?? []),
  };
}

interface Answer {
  readonly same?: Comparison['same'];
  readonly silent?: Comparison['silent'][number];
}

/** A target that hides its own locks behind something in between would never show those of a source either. */
export function hidesLocks(target: string, between: 'pooler' | 'proxy'): OperationError {
  return new OperationError(
    'target/is-source',
    `${target} does not show a lock that was just taken on it, so it cannot be told from a source`,
    { hint: `Connect to the server itself and not through a ${between}.` },
  );
}

function unasked({ name }: ServerAccess, error: OperationError): OperationError {
  return new OperationError(
    'server/unreachable',
    `source ${name} could not be asked whether it is the target: ${messageOf(error)}`,
    {
      hint: 'Every declared source must answer before anything is written to a declared target.',
      transient: error.transient,
      cause: error,
    },
  );
}
