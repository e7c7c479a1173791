import { describe, expect, test } from '@jest/globals';
import { chanceOf, srvTargets } from '../../../../src/sync/source/net/srv.ts';

const record = (name: string, priority = 0, weight = 0, port = 389) => ({ name, priority, weight, port });
const hosts = (records: ReturnType<typeof record>[], random = chanceOf('x')): string[] =>
  srvTargets(records, random).map(({ host }) => host);

describe('the order of SRV records', () => {
  test('follows the priorities first, whatever the weights are', () => {
    expect(hosts([record('c.x', 20, 100), record('a.x', 0, 1), record('b.x', 10, 65_535)])).toEqual([
      'a.x',
      'b.x',
      'c.x',
    ]);
  });

  test('among equal priorities is chosen by weight', () => {
    const records = [record('heavy.x', 0, 75), record('light.x', 0, 25)];
    expect(hosts(records, () => 0)).toEqual(['light.x', 'heavy.x']);
    expect(hosts(records, () => 0.24)).toEqual(['light.x', 'heavy.x']);
    expect(hosts(records, () => 0.26)).toEqual(['heavy.x', 'light.x']);
    expect(hosts(records, () => 0.999)).toEqual(['heavy.x', 'light.x']);
    const evenly = Array.from({ length: 1000 }, (_, i) => hosts(records, () => i / 1000)[0]);
    expect(evenly.filter((host) => host === 'heavy.x')).toHaveLength(742);
  });

  test('is the same each time, however DNS orders its answer, and another for other domains', () => {
    const records = Array.from({ length: 20 }, (_, i) => record(`dc${i}.x`, 0, 100));
    const orderFor = (domain: string, answer = records): string => hosts(answer, chanceOf(domain)).join();
    expect(orderFor('a.x', records.toReversed())).toBe(orderFor('A.x'));
    const first = Array.from({ length: 1000 }, (_, i) => orderFor(`domain${i}.x`).split(',')[0]);
    const times = records.map(({ name }) => first.filter((one) => one === name).length);
    expect(Math.min(...times)).toBeGreaterThan(20);
    expect(Math.max(...times)).toBeLessThan(90);
  });

  test('gives weight 0 a small chance, and takes all servers if there are no other weights', () => {
    expect(hosts([record('b.x', 0, 10), record('a.x', 0, 0)], () => 0)).toEqual(['a.x', 'b.x']);
    expect(hosts([record('b.x', 0, 10), record('a.x', 0, 0)], () => 0.5)).toEqual(['b.x', 'a.x']);
    expect(hosts([record('a.x'), record('b.x'), record('c.x')], () => 0.9).sort()).toEqual(['a.x', 'b.x', 'c.x']);
  });

  test('has each target once per record, in lower case and without the last dot', () => {
    expect(srvTargets([record('DC1.Example.com.', 0, 0, 636)], chanceOf('x'))).toEqual([
      { host: 'dc1.example.com', port: 636 },
    ]);
  });

  test.each(['.', '', '10.0.0.1', '::1', '-x.example', 'a b', 'x/../y', 'evil@host', 'x'.repeat(64), 'a..b', '\u0000'])(
    'leaves out %j, which is no name of a host',
    (name) => {
      expect(hosts([record(name), record('good.x')])).toEqual(['good.x']);
    },
  );

  test('leaves out port 0, and ends after 100 of them', () => {
    expect(hosts([record('a.x', 0, 0, 0)])).toEqual([]);
    const many = Array.from({ length: 5000 }, (_, i) => record(`h${i}.x`, 0, i % 7));
    expect(new Set(hosts(many)).size).toBe(100);
  });
});
