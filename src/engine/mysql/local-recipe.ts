import { InternalError } from '../../base/operation-error.ts';
import { flavours, type Flavour } from './flavour.ts';

/** How to make and run a server from local binaries (the shape is src/target/recipe.ts). */
export function mysqlLocalRecipe(name: Flavour['name']) {
  const missing = (): never => {
    throw new InternalError(`the local recipe of ${name} is not finished`);
  };
  return { product: flavours[name].programs.server[0] ?? name, find: missing, plan: missing };
}
