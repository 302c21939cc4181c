import { diagnosticsGithub } from '../../render/diagnostics-github.ts';
import { diagnosticsText } from '../../render/diagnostics.ts';
import { answer } from '../answer.ts';
import { paintFor } from '../colour.ts';
import type { Context } from '../context.ts';
import { diagnosticsDocument } from '../diagnostics-document.ts';
import { exitCodeOfDiagnostics } from '../exit-code.ts';
import { formatOf, type GlobalOptions } from '../global-options.ts';
import { InvalidInput } from '../invalid-input.ts';
import { readSpec } from '../load-spec.ts';

/** Checks the spec and nothing else: no repository, no server; of secrets only who may touch their files, where they are. */
export async function run(options: GlobalOptions, context: Context): Promise<number> {
  const found = await readSpec(options, context).then(
    (spec) => spec.found,
    (error: unknown) => {
      if (error instanceof InvalidInput) return error.diagnostics;
      throw error;
    },
  );
  const code = exitCodeOfDiagnostics(found);
  const text = (): string =>
    `${diagnosticsText(found, paintFor(context.stdout, options, context.env))}${code === 0 ? `${options.spec} is valid\n` : ''}`;
  // Wrong input is a diagnostic and belongs on standard error; only machine forms are an answer.
  if (code !== 0 && formatOf(options) === 'text') throw new InvalidInput(found);
  return answer({ text, json: () => diagnosticsDocument(found), github: () => diagnosticsGithub(found) }, options, {
    context,
    code,
  });
}
