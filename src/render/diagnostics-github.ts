import type { Diagnostic } from '../base/diagnostic.ts';
import { neutraliseWorkflowCommand } from './neutral.ts';

/**
 * Diagnostics as annotations of a GitHub Actions run, one workflow command a line (GitHub documentation, "Workflow
 * commands for GitHub Actions"). The paths must be relative to the repository's top for GitHub to show them in the diff.
 */
export function diagnosticsGithub(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => `${annotation(diagnostic)}\n`).join('');
}

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

function annotation({ severity, code, summary, label, help, subject, place }: Diagnostic): string {
  const properties = {
    ...(place && {
      file: place.file.replace(/^\.\//, ''),
      line: place.line,
      col: place.column,
      endLine: place.line,
      endColumn: place.endColumn,
    }),
    title: code,
  };
  const written = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`);
  const message = [
    `${subject === undefined ? '' : `${subject}: `}${summary}${label === undefined ? '' : ` (${label})`}`,
    help,
  ];
  return `::${commands[severity]} ${written.join(',')}::${message
    .filter((line) => line !== undefined)
    .map(data)
    .join('%0A')}`;
}

/** What follows the second `::`. */
function data(text: string): string {
  return neutraliseWorkflowCommand(text).replaceAll('%', '%25');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
