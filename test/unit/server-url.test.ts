import { describe, expect, it } from 'vitest';
import { parseServerUrl } from '../../src/cli/destination.ts';

describe('a server as URL', () => {
  it('takes a name and a port', () => {
    expect(parseServerUrl('postgresql://restore@db.example:5433?sslmode=verify-full&sslrootcert=/ca.pem')).toEqual({
      engine: 'postgresql',
      connection: { user: 'restore', host: 'db.example', port: 5433, tls: { mode: 'verify-full', ca: '/ca.pem' } },
    });
  });

  it('takes a socket directory and an IPv6 address', () => {
    expect(parseServerUrl('postgresql://postgres@%2Frun%2Fpostgresql').connection.host).toBe('/run/postgresql');
    expect(parseServerUrl('postgres://p%40x@[::1]:5432/').connection).toMatchObject({ host: '::1', user: 'p@x' });
  });

  it.each([
    ['postgres', 'postgresql', 5432],
    ['postgresql', 'postgresql', 5432],
    ['mysql', 'mysql', 3306],
    ['mariadb', 'mariadb', 3306],
  ])('%s:// is %s, on port %i where none is named', (scheme, engine, port) => {
    expect(parseServerUrl(`${scheme}://u@h`)).toMatchObject({ engine, connection: { port } });
  });

  it.each([
    ['a password', 'postgresql://u:hunter2@h', /password/],
    ['no user', 'postgresql://h', /no user/],
    ['a database', 'postgresql://u@h/db', /no usable URL/],
    ['a parameter that nobody reads', 'postgresql://u@h?password=hunter2', /parameter password$/],
    ['a percent sign that encodes nothing', 'postgresql://u%zz@h', /no usable URL/],
    ['a port that there cannot be', 'postgresql://u@h:99999', /port 99999/],
    ['an unknown TLS mode', 'postgresql://u@h?sslmode=maybe', /sslmode=maybe/],
  ])('refuses %s', (_, url, message) => {
    expect(() => parseServerUrl(url)).toThrow(message);
  });

  it('does not repeat a refused password', () => {
    expect(() => parseServerUrl('postgresql://u:hunter2@h')).not.toThrow(/hunter2/);
  });
});
