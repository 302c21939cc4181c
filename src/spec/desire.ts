import type { Place } from '../base/diagnostic.ts';
import type { SpecDocument } from './spec-document.gen.ts';
import type { Complaint, SpecPath } from './spec-text.ts';

/** What turning a document into Desired needs to know besides the document. */
export interface Desire {
  /** Fits the schema; parts that did not are gone. */
  readonly document: SpecDocument;
  /** As it was written: a reference to a part that is gone is still a good reference. */
  readonly declared: SpecDocument;
  readonly file: string;
  readonly text: string;
  readonly place: (path: SpecPath) => Place;
  readonly report: (complaint: Complaint) => void;
  /** Takes note of a file that is named as a secret at `path`. */
  readonly noteSecretFile: (path: SpecPath, file: string) => void;
}

/** Two parts that contradict each other. The complaint stands at the value of `path`. */
export function conflict(path: SpecPath, words: Pick<Complaint, 'summary' | 'label' | 'help'>): Complaint {
  return { path, at: 'value', severity: 'error', code: 'spec/conflict', ...words };
}
