/** A nominal type: `T` that only one constructor may produce. Costs nothing at run time. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };
