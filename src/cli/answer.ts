import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, OperationError } from '../base/operation-error.ts';
import { fitted } from '../render/fitted.ts';
import type { Context } from './context.ts';
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
  cwd: string,
): readonly ReportRequest[] {
  return reports.map((report) => {
    const [format = '', ...rest] = report.split('=');
    const path = rest.join('=');
    if (!formats.includes(format) || path === '')
      throw invalidUsage(`--report ${report} is not FORMAT=PATH`, `Formats here: ${formats.join(', ')}.`);
    const file = resolve(cwd, path);
    // Found before a backup of hours, and not after it.
    if (!existsSync(dirname(file))) throw invalidUsage(`--report ${report}: there is no folder ${dirname(file)}`);
    return { format, path: file };
  });
}

/** Writes the answer to standard output in the asked form, and every report to its file. */
export async function answer(
  forms: Forms,
  options: GlobalOptions,
  to: { readonly context: Context; readonly reports?: readonly ReportRequest[] },
): Promise<void> {
  const form = forms[formatOf(options)];
  if (form === undefined)
    throw invalidUsage(
      `format ${formatOf(options)} is not available here`,
      `Formats: ${Object.keys(forms).join(', ')}.`,
    );
  await write(to.context.stdout, withNewline(formatOf(options) === 'text' ? fittedFor(to.context, form()) : form()));
  for (const { format, path } of to.reports ?? []) await writeReport(path, withNewline(forms[format]?.() ?? ''));
}

/**
 * Text for people, broken between words where standard output is a terminal: in a pipe every line stays whole. So it does on
 * a terminal that does not know its width (0 columns, as under script(1) in a job) or has next to none.
 */
export const fittedFor = ({ stdout }: Context, text: string): string =>
  stdout.isTTY === true && (stdout.columns ?? 0) >= 20 ? fitted(text, stdout.columns ?? 0) : text;

const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new OperationError('usage/invalid', `report ${path} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Resolves when the text is handed to the system, so that nothing is lost at the end of the process. A reader that went away is no failure. */
export async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  await new Promise<void>((done) => {
    stream.write(text, () => done());
  });
}
