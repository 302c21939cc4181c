import { InternalError } from '../../base/operation-error.ts';
import type { Flavour } from './flavour.ts';

/** A server from the official image or one that follows its conventions. The shape is src/target/recipe.ts. */
export function mysqlContainerRecipe(name: Flavour['name']) {
  return {
    defaultImage: (series: string): string => `${name}:${series}`,
    plan: (): never => {
      throw new InternalError(`the container recipe of ${name} is not finished`);
    },
  };
}
