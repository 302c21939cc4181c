import type { DiagnosticCode } from './codes.ts';

/** A range in a text file. Lines and columns count from 1; `endColumn` is exclusive and on the same line. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Some lines around a place, already stripped of secrets, ready to be framed. `first` is the number of `lines[0]`. */
export interface Excerpt {
  readonly first: number;
  readonly lines: readonly string[];
  /** Where the place's columns stand in its line as shown here: taking out a secret moves what follows it. */
  readonly mark?: { readonly column: number; readonly endColumn: number };
}

/**
 * One thing to tell the operator about input or about the world, as a value: it is collected, never thrown.
 * Text, JSON and every report render this one shape.
 */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: DiagnosticCode;
  /** Lower case, one line, no full stop. */
  readonly summary: string;
  /** What stands at the place, short enough for a code frame ("not allowed in databases.botpress"). */
  readonly label?: string;
  /** Whole sentences: the next step. */
  readonly help?: string;
  /** `server/database`, a server's or a target's name: what it is about, where it is not a place in a file. */
  readonly subject?: string;
  readonly place?: Place;
  readonly excerpt?: Excerpt;
}
