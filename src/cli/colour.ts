import { paint, type Paint } from '../render/paint.ts';
import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';

/**
 * How one output stream may be coloured. `--color` wins, then NO_COLOR (no-color.org), FORCE_COLOR, TERM=dumb, and at last
 * whether it is a terminal.
 */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  options: Pick<GlobalOptions, 'color'>,
  env: Context['env'],
): Paint {
  if (options.color !== 'auto') return paint(options.color === 'always' ? 1 : 0);
  if (env['NO_COLOR']) return paint(0);
  if (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0') return paint(1);
  return paint(stream.isTTY === true && env['TERM'] !== 'dumb' ? 1 : 0);
}
