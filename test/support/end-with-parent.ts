/** A test process whose vitest was killed has nobody to report to, and would keep its servers alive. */
process.once('disconnect', () => process.exit(1));
