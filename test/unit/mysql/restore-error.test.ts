import { expect, test } from 'vitest';
import { clientFailure, type ClientError } from '../../../src/engine/mysql/restore-error.ts';

function errorOf(text: string): ClientError | undefined {
  const failure = clientFailure();
  for (const line of text.split('\n')) failure.line(line);
  return failure.error;
}

test('names line and number, and a message whose form holds no data', () => {
  const text = `mysql: [Warning] unknown option\nERROR 1146 (42S02) at line 33: Table 'shop.orders' doesn't exist\nERROR 1064 (42000) at line 40: canary`;
  expect(errorOf(text)).toEqual({
    errno: 1146,
    atLine: 33,
    why: "Table 'shop.orders' doesn't exist (error 1146)",
  });
  expect(errorOf("ERROR 2002 (HY000): Can't connect to local server through socket '/x' (2)")).toEqual({
    errno: 2002,
    atLine: undefined,
    why: "Can't connect to local server through socket '/x' (2) (error 2002)",
  });
});

test.for([
  "ERROR 1062 (23000) at line 3: Duplicate entry 'canary' for key 'orders.PRIMARY'",
  "ERROR 1064 (42000) at line 3: You have an error in your SQL syntax near 'canary' at line 1",
  'ERROR 1644 (45000) at line 3: canary raised by a trigger',
  "ERROR 1366 (22007) at line 3: Incorrect integer value: 'canary' for column 'a' at row 1",
  "ERROR at line 3: Unknown command '\\canary'.",
])('hides what may be a row: %s', (text) => {
  const error = errorOf(text);
  expect(error?.atLine).toBe(3);
  expect(error?.why).not.toContain('canary');
});

test('understands nothing else', () => {
  expect(errorOf('--------------\nINSERT INTO canary VALUES (1)\n--------------\n')).toBeUndefined();
});
