import type { Diagnostic } from '../base/diagnostic.ts';
import { diagnosticsJson } from '../render/diagnostics-json.ts';

/** Diagnostics as the JSON document that a command prints where it has nothing else to answer. */
export function diagnosticsDocument(diagnostics: readonly Diagnostic[]): string {
  return `${JSON.stringify({ formatVersion: 1, kind: 'holdfast.diagnostics', diagnostics: diagnosticsJson(diagnostics) }, null, 2)}\n`;
}
