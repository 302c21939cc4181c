import fc from 'fast-check';

/**
 * Properties are tried with the same values in every run: what fails by chance says nothing about the change that it stops.
 * Another HOLDFAST_SEED looks further.
 */
fc.configureGlobal({ seed: Number(process.env['HOLDFAST_SEED'] ?? 20261122) });

export { fc };
