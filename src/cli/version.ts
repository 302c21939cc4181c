/** The same as in package.json; a test compares them. Kept here so that `--version` reads no file. */
export const version = '0.1.0';
