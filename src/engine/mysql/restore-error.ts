import { isSpeakable } from './query-error.ts';

/** Makes one sentence of what the client program prints on stderr. */
export interface ClientFailure {
  line(text: string): void;
  /** Undefined where nothing was understood. */
  readonly error: ClientError | undefined;
}

export interface ClientError {
  /** The server's error number; the client's own are from 2000 to 2999, or there is none. */
  readonly errno: number | undefined;
  /** Of the input, counted from 1; undefined where the error has no place in it. */
  readonly atLine: number | undefined;
  readonly why: string;
}

/**
 * The client names the line of its input, and its message may hold rows and parts of statements (`Duplicate entry '…'`, `near
 * '…' at line 1`). Kept are number and line, and the message where its form is known to name objects and accounts only.
 */
export function clientFailure(): ClientFailure {
  let error: ClientError | undefined;
  return {
    line(text) {
      if (error !== undefined) return;
      const match = /^ERROR (\d+) \([0-9A-Z]{5}\)(?: at line (\d+))?(?: in file: '[^']*')?: (.*)$/.exec(text);
      if (match === null) {
        const line = /^ERROR at line (\d+): /.exec(text)?.[1];
        if (line !== undefined) error = { errno: undefined, atLine: Number(line), why: notUnderstood };
        return;
      }
      const [, number = '', line, message = ''] = match;
      const errno = Number(number);
      const isOwn = errno >= 2000 && errno < 3000;
      error = {
        errno,
        atLine: line === undefined ? undefined : Number(line),
        why: `${isOwn || isSpeakable(errno) ? clean(message) : hidden} (error ${errno})`,
      };
    },
    get error() {
      return error;
    },
  };
}

const notUnderstood = 'the client program does not understand it';

const hidden = 'the server’s message may hold data and is not shown';

const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 300);
