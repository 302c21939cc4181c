import { InternalError, messageOf, OperationError } from '../base/operation-error.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { diagnosticOf } from '../base/diagnostic-of.ts';
import { diagnosticsText } from '../render/diagnostics.ts';
import { diagnosticsDocument } from './diagnostics-document.ts';
import { write } from './answer.ts';
import { paintFor } from './colour.ts';
import type { Context } from './context.ts';
import { exitCodeOf, exitCodeOfDiagnostics, exitCodes } from './exit-code.ts';
import { InvalidInput } from './invalid-input.ts';

/**
 * Says what ended the command and gives the exit code. The command line may be what is wrong, so its words are looked at
 * raw: with `--json` the answer on standard output is a JSON document also then.
 */
export async function reportFailure(error: unknown, words: readonly string[], context: Context): Promise<number> {
  const diagnostics = diagnosticsOf(error);
  const json = words.includes('--json') || valueOf('--format', words) === 'json';
  const wanted = valueOf('--color', words);
  const color = wanted === 'always' || wanted === 'never' ? wanted : 'auto';
  if (json) await write(context.stdout, diagnosticsDocument(diagnostics));
  else await write(context.stderr, diagnosticsText(diagnostics, paintFor(context.stderr, { color }, context.env)));
  if (isBug(error))
    await write(context.stderr, `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return isBug(error)
    ? exitCodes.bug
    : error instanceof OperationError
      ? exitCodeOf(error.code)
      : exitCodeOfDiagnostics(diagnostics);
}

/** As yargs reads it: `--name value` or `--name=value`. */
function valueOf(name: string, words: readonly string[]): string | undefined {
  const index = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  return words[index] === name ? words[index + 1] : words[index]?.slice(name.length + 1);
}

function isBug(error: unknown): boolean {
  return error instanceof InternalError || !(error instanceof OperationError || error instanceof InvalidInput);
}

function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof InvalidInput) return error.diagnostics;
  if (error instanceof OperationError) return [diagnosticOf(error)];
  return [
    {
      severity: 'error',
      code: 'internal/bug',
      summary: messageOf(error),
      help: 'This is a defect in Holdfast. Please report it with what follows.',
    },
  ];
}
