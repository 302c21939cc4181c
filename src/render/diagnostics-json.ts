import type { Diagnostic } from '../base/diagnostic.ts';
import type { Json } from '../base/json.ts';

/** Diagnostics for programs: everything but the excerpt, which is only there to be drawn. Absent keys are left out. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): readonly Json[] {
  return diagnostics.map(({ severity, code, summary, label, help, subject, place }) => ({
    severity,
    code,
    summary,
    ...(label !== undefined && { label }),
    ...(help !== undefined && { help }),
    ...(subject !== undefined && { subject }),
    ...(place !== undefined && { place: { ...place } }),
  }));
}
