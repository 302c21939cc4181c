import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { passesOf } from '../../src/engine/postgresql/restore-passes.ts';

const listing = [
  ';',
  '; Archive created at 2026-11-28 20:00:00 UTC',
  ';     dbname: shop',
  '4; 2615 16400 SCHEMA - app owner',
  '300; 1259 16401 TABLE app orders owner',
  '3000; 0 16401 TABLE DATA app orders owner',
  '2900; 2606 16500 CONSTRAINT app orders orders_pkey owner',
  '2901; 2606 16502 FK CONSTRAINT app lines known owner',
  '3100; 0 0 COMMENT app CONSTRAINT known ON lines owner',
  '2950; 2620 16620 TRIGGER app part noted owner',
  '2951; 2620 16610 TRIGGER app orders noted owner',
  '2952; 2620 16630 TRIGGER app lines RI_ConstraintTrigger_c_16630 owner',
  '2953; 2620 16640 TRIGGER app lines RI_ConstraintTrigger_c_1 owner',
  '3101; 0 0 COMMENT app TRIGGER noted ON orders owner',
  '3200; 0 0 ACL - SCHEMA app owner',
  '3201; 0 0 ACL app TABLE orders owner',
  '2060; 826 16700 DEFAULT ACL app DEFAULT PRIVILEGES FOR TABLES owner',
  '3003; 0 16710 MATERIALIZED VIEW DATA app sums owner',
  '2999; 3466 16720 EVENT TRIGGER - hears owner',
  '3102; 0 0 COMMENT - EVENT TRIGGER hears owner',
  '3103; 0 0 SECURITY LABEL - EVENT TRIGGER hears owner',
  // Names do not decide.
  '301; 1259 16402 TABLE app ACL owner',
  '302; 1259 16403 TABLE app TRIGGER owner',
  '303; 1259 16404 VIEW app FK CONSTRAINT owner',
];

test('an archive comes back in passes, each in the order that it needs', async () => {
  const passes = await passesOf(Readable.from(listing));
  expect(passes).toEqual([
    { name: 'contents', ids: ['4', '300', '3000', '2900', '301', '302', '303'], inOrder: false },
    { name: 'foreign-keys', ids: ['2901', '3100'], inOrder: false },
    // By age, then their comments; without what the server makes itself, but with what somebody called like it.
    { name: 'triggers', ids: ['2951', '2950', '2953', '3101'], inOrder: true },
    { name: 'privileges', ids: ['3200', '3201', '2060'], inOrder: true },
    { name: 'views', ids: ['3003'], inOrder: false },
    { name: 'event-triggers', ids: ['2999', '3102', '3103'], inOrder: true },
  ]);
});

test('passes of which an archive has nothing are left out', async () => {
  expect((await passesOf(Readable.from(listing.slice(0, 6)))).map(({ name }) => name)).toEqual(['contents']);
});
