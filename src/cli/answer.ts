import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { messageOf } from '../base/operation-error.ts';
import { diagnosticsText } from '../render/diagnostics.ts';
import { fitted } from '../render/fitted.ts';
import { paintFor } from './colour.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-code.ts';
import { formatOf, type GlobalOptions } from './global-options.ts';
import { invalidUsage } from './invalid-input.ts';

/** The ways a command can put its answer, by format name. */
export type Forms = Readonly<Record<string, () => string>>;

/** One `--report FORMAT=PATH`. */
export interface ReportRequest {
  readonly format: string;
  readonly path: string;
}

/** Checks every `--report` before any work begins. Throws InvalidInput. */
export function parseReports(
  reports: readonly string[],
  formats: readonly string[],
  { cwd, spec }: { readonly cwd: string; readonly spec: string },
): readonly ReportRequest[] {
  return reports.map((report) => {
    const [format = '', ...rest] = report.split('=');
    const path = rest.join('=');
    if (!formats.includes(format) || path === '')
      throw invalidUsage(`--report ${report} is not FORMAT=PATH`, `Formats here: ${formats.join(', ')}.`);
    const file = resolve(cwd, path);
    refuseSpec(`--report ${report}`, { file, spec: resolve(cwd, spec) });
    // Found before a backup of hours, and not after it.
    if (!existsSync(dirname(file))) throw invalidUsage(`--report ${report}: there is no folder ${dirname(file)}`);
    return { format, path: file };
  });
}

function isSameFile(a: string, b: string): boolean {
  try {
    const [there, here] = [statSync(a), statSync(b)];
    return there.dev === here.dev && there.ino === here.ino;
  } catch {
    return false;
  }
}

/** Throws InvalidInput where something would be written over the spec, by whatever name. */
export function refuseSpec(what: string, { file, spec }: { readonly file: string; readonly spec: string }): void {
  if (file === spec || isSameFile(file, spec))
    throw invalidUsage(`${what} would replace the spec`, 'Name another file.');
}

export interface AnswerTo {
  readonly context: Context;
  readonly reports?: readonly ReportRequest[];
  /** What the command ends with. */
  readonly code: number;
}

/**
 * Writes the answer to standard output in the asked form, and every report to its file. Gives the exit code: what was found
 * counts also where it cannot be written, but an answer that nobody has is no success.
 */
export async function answer(forms: Forms, options: GlobalOptions, to: AnswerTo): Promise<number> {
  const form = forms[formatOf(options)];
  if (form === undefined)
    throw invalidUsage(
      `format ${formatOf(options)} is not available here`,
      `Formats: ${Object.keys(forms).join(', ')}.`,
    );
  const { context, reports = [], code } = to;
  const text = withNewline(formatOf(options) === 'text' ? fittedFor(context, form()) : form());
  const error = await write(context.stdout, text);
  const unwritten: Unwritten[] = error === undefined ? [] : [{ what: 'the answer', error }];
  for (const { format, path } of reports)
    unwritten.push(...(await writeReport(path, withNewline(forms[format]?.() ?? ''))));
  if (unwritten.length === 0) return code;
  const paint = paintFor(context.stderr, options, context.env);
  await write(context.stderr, diagnosticsText(unwritten.map(unwrittenDiagnostic), paint));
  return code === exitCodes.ok ? exitCodes.failed : code;
}

/**
 * Text for people, broken between words where standard output is a terminal: in a pipe every line stays whole. So it does on
 * a terminal that does not know its width (0 columns, as under script(1) in a job) or has next to none.
 */
export const fittedFor = ({ stdout }: Context, text: string): string =>
  stdout.isTTY === true && (stdout.columns ?? 0) >= 20 ? fitted(text, stdout.columns ?? 0) : text;

const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Gives what hindered it: an answer was worked for, and must not go down with the file it was meant for. */
async function writeReport(path: string, text: string): Promise<readonly Unwritten[]> {
  return writeFile(path, text).then(
    () => [],
    (error: unknown) => [{ what: `report ${path}`, error }],
  );
}

interface Unwritten {
  readonly what: string;
  readonly error: unknown;
}

const unwrittenDiagnostic = ({ what, error }: Unwritten): Diagnostic => ({
  severity: 'error',
  code: 'answer/unwritten',
  summary: `${what} could not be written: ${messageOf(error)}`,
  help: 'What the command did is done all the same.',
});

/**
 * Resolves when the text is handed to the system, so that nothing is lost at the end of the process; with the error where
 * that failed. A reader that went away is no failure.
 */
export async function write(stream: NodeJS.WritableStream, text: string): Promise<Error | undefined> {
  return new Promise((done) => {
    stream.write(text, (error?: NodeJS.ErrnoException | null) => {
      const gone = error?.code === 'EPIPE' || error?.code === 'ERR_STREAM_DESTROYED';
      done(gone ? undefined : (error ?? undefined));
    });
  });
}
