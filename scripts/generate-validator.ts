import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

/**
 * A validator as one module without imports: compiling a schema at start takes half a second, loading this a few
 * milliseconds. ajv's standalone code still requires parts of its runtime, so esbuild puts them in.
 * The module exports `validate(data)`, true where the data fits; else `validate.errors` holds every error.
 */
export async function validatorOf(schema: AnySchemaObject): Promise<string> {
  const ajv = new Ajv2020({
    code: { source: true, esm: true },
    allErrors: true,
    inlineRefs: false,
    messages: false,
    verbose: true,
  });
  const source = standalone.default(ajv, ajv.compile(schema));
  const bundle = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
    target: 'node22',
    minifySyntax: true,
    write: false,
  });
  const text = bundle.outputFiles[0]?.text ?? '';
  // esbuild names the inlined modules by path in comments; they differ between installations.
  return text.replaceAll(/^\s*\/\/ (node_modules|<stdin>).*$\n/gm, '');
}
