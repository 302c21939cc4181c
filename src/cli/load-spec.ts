import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { diagnosticsText } from '../render/diagnostics.ts';
import { exposures } from '../secret/exposure.ts';
import type { Desired } from '../spec/desired.ts';
import { missingSpec } from '../spec/missing-spec.ts';
import { parseSpec } from '../spec/parse-spec.ts';
import { write } from './answer.ts';
import { paintFor } from './colour.ts';
import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';
import { InvalidInput } from './invalid-input.ts';

export interface LoadedSpec {
  readonly desired: Desired;
  /** Warnings; and what will be an error for a command that needs it, as a secret's file that anyone may write. */
  readonly found: readonly Diagnostic[];
}

/** Reads and checks the spec. Throws InvalidInput with everything that is wrong with it. */
export async function readSpec(options: GlobalOptions, context: Context): Promise<LoadedSpec> {
  const path = resolve(context.cwd, options.spec);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInput([missingSpec(options.spec, error.code === 'ENOENT' ? 'absent' : 'unreadable')]);
  });
  const result = parseSpec(text, options.spec);
  if (!result.ok) throw new InvalidInput(result.diagnostics);
  return { desired: result.value, found: [...result.warnings, ...(await exposures(result.value.secretFiles))] };
}

/** `readSpec`, with its warnings shown on standard error. */
export async function loadSpec(options: GlobalOptions, context: Context): Promise<Desired> {
  const { desired, found } = await readSpec(options, context);
  const warnings = found.filter(({ severity }) => severity !== 'error');
  if (warnings.length > 0)
    await write(context.stderr, diagnosticsText(warnings, paintFor(context.stderr, options, context.env)));
  return desired;
}
