import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../sandbox/free-port.ts';
import { removeFolder } from '../../sandbox/folder.ts';
import { startPdns } from '../../sandbox/servers/pdns.ts';
import { killedWorker, loseAnswer, tcpServer } from './dns-setup.ts';
import { code, SECRET, usePdns, X, ZONE } from './powerdns-fixture.ts';

const { dir, pdns, entryFor, routerFor, put, set } = usePdns();

describe('what can be wrong', () => {
  test('not prepared: no zone, no record, other addresses, a copy of a zone, an entry that means something else', async () => {
    await expect(
      routerFor({ zone: 'example.net', record: 'api.example.net', testers: undefined as never }).describe(),
    ).rejects.toThrow('has no zone example.net');
    await expect(routerFor({ server: 'other' }).describe()).rejects.toEqual(code('BalancerNotPrepared'));
    await expect(routerFor({ record: `none.${ZONE}` }).describe()).rejects.toThrow(
      'has no A record, but X is 10.0.1.1',
    );
    await expect(routerFor({ x: ['10.0.1.1'] }).describe()).rejects.toThrow('has A 10.0.1.1, A 10.0.1.2, but X is');
    await expect(routerFor({ y: ["10.0.2.1'})os.exit({'"] }).describe()).rejects.toEqual(code('PlanInvalid'));
    await expect(routerFor({ y: ['10.0.1.1'] }).describe()).rejects.toThrow('10.0.1.1 is in it twice');
    await expect(routerFor({ record: 'api.example.com' }).describe()).rejects.toThrow('is not in the zone');
    await pdns().request('/zones/example.org.', { kind: 'Slave', masters: ['127.0.0.1'] }, 'PUT');
    await expect(routerFor().describe()).rejects.toThrow('is a copy there (Slave)');
    await pdns().request('/zones/example.org.', { kind: 'Native' }, 'PUT');
    expect(await routerFor().describe()).toEqual({
      driver: 'powerdns',
      place: `api.${ZONE} at PowerDNS (${pdns().api})`,
      lacks: [],
    });
  });

  test('LUA records are off: told before, nothing is changed; 0 and 100 % need none', async () => {
    const without = await startPdns({ dir: join(dir, 'without'), key: SECRET, lua: false });
    try {
      await without.createZone(ZONE);
      await put('api', 'A', X, without);
      const at = { api: without.api, resolvers: [without.dns] };
      await expect(routerFor(at).describe()).rejects.toThrow('`enable-lua-records=yes`');
      await expect(set(25, 1, 0, routerFor(at))).rejects.toEqual(code('BalancerNotPrepared'));
      expect(await routerFor(at).current()).toMatchObject({ weight: 0, epoch: 0 });
      expect(await routerFor(at, SECRET, [100]).describe()).toMatchObject({ driver: 'powerdns' });
      expect(await set(100, 2, 0, routerFor(at))).toMatchObject({ weight: 100 });
    } finally {
      await without.stop();
      await removeFolder(join(dir, 'without'));
    }
  });

  test('permission denied: said without the key', async () => {
    const refused = await set(25, 1, 0, routerFor({}, 'another-secret')).catch((error: unknown) => error as Error);
    expect(refused).toEqual(code('BalancerRefused'));
    expect(String(refused)).not.toContain('another-secret');
    const garbled = await set(25, 1, 0, routerFor({}, 'has\na-line')).catch((error: unknown) => error as Error);
    expect(JSON.stringify([String(garbled), garbled])).not.toContain('a-line');
  });

  test('down, nonsense over HTTP, nonsense over TCP', async () => {
    const at = (port: number) => routerFor({ api: `http://127.0.0.1:${port}` });
    await expect(set(25, 1, 0, at(await freePort()))).rejects.toThrow(/does not answer: ECONNREFUSED/);
    let [status, body] = [200, '<html>Welcome</html>'];
    const web = createServer((_, response) => void response.writeHead(status, { location: '/login' }).end(body));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    await expect(at(port).current()).rejects.toEqual(code('BalancerNonsense'));
    [status, body] = [200, '{"kind":"Native","rrsets":[{"name":1}]}'];
    await expect(at(port).current()).rejects.toEqual(code('BalancerNonsense'));
    [status, body] = [302, ''];
    await expect(at(port).current()).rejects.toEqual(code('BalancerNonsense'));
    [status, body] = [502, 'upstream'];
    await expect(at(port).current()).rejects.toEqual(code('BalancerUnreachable'));
    [status, body] = [429, 'slow down'];
    await expect(at(port).current()).rejects.toEqual(code('BalancerUnreachable'));
    [status, body] = [422, `{"error":"no, ${SECRET}"}`];
    await expect(at(port).current()).rejects.toThrow('no, ***');
    web.closeAllConnections();
    web.close();
    const tcp = await tcpServer((socket) => socket.end('220 mail.example.org ESMTP\r\n'));
    await expect(at(tcp.port).current()).rejects.toEqual(code('BalancerUnreachable'));
    await tcp.close();
    expect(await routerFor().current()).toMatchObject({ weight: 0, epoch: 0 });
  });

  test('a worker that is killed between the change and its read-back: the next one finds it done', async () => {
    const between = await loseAnswer(Number(new URL(pdns().api).port), (sent) =>
      sent.toString('latin1').startsWith('PATCH'),
    );
    const entry = entryFor({ api: `http://127.0.0.1:${between.port}` });
    expect(await killedWorker(entry, [25, 4], { changed: between.changed, secret: SECRET })).toBe('');
    await between.close();
    const after = { weight: 25, epoch: 4, by: 'mine' };
    expect(await routerFor().current()).toMatchObject(after);
    expect(await set(25, 4, 0)).toMatchObject(after);
    await expect(set(0, 3)).rejects.toEqual(code('StaleEpoch'));
  });
});
