import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../sandbox/free-port.ts';
import { killedWorker, loseAnswer, tcpServer } from './dns-setup.ts';
import { code, KEYS, useBind, X, ZONE } from './rfc2136-fixture.ts';

const { dir, bind, entryFor, routerFor, set, answer } = useBind();

const withKey = (name: string, secret: string) =>
  routerFor({ tsig: { name, algorithm: 'hmac-sha256', secret: { env: 'DNS_SECRET' } } }, secret);

describe('what can be wrong', () => {
  test('permission denied: which key, and what it needs; never the secret', async () => {
    const name = 'crossfade';
    for (const [router, text] of [
      [withKey('nobody', KEYS.crossfade), 'refuses the key nobody of the plan (NOTAUTH(BADKEY))'],
      [withKey(name, KEYS.person), 'refuses the key crossfade of the plan (NOTAUTH(BADSIG))'],
      [withKey('weak', KEYS.weak), `lets the key weak not change api.${ZONE} in ${ZONE}: the zone's \`update-policy\``],
      [withKey(name, 'not base64!'), 'not in base64'],
      [routerFor({ zone: 'example.net', record: 'api.example.net', testers: { host: 'y.example.net' } }), 'REFUSED'],
    ] as const) {
      const refused = await router.describe().catch((error: unknown) => error as Error);
      expect(refused).toMatchObject({ code: 'BalancerRefused', message: expect.stringContaining(text) as string });
      for (const secret of [...Object.values(KEYS), 'not base64!']) expect(String(refused)).not.toContain(secret);
    }
    await expect(set(25, 1, 0, withKey('weak', KEYS.weak))).rejects.toEqual(code('BalancerRefused'));
    expect(await routerFor().current()).toMatchObject({ weight: 0, epoch: 0 });
  });

  test('not prepared: other addresses, no records, a name that is not in the zone, words with a meaning of their own', async () => {
    await expect(routerFor({ x: X.slice(1) }).describe()).rejects.toThrow('A 10.0.1.1');
    await expect(routerFor({ record: `none.${ZONE}` }).describe()).rejects.toThrow('has no A record, but X is');
    await expect(routerFor({ record: 'api.example.com' }).describe()).rejects.toEqual(code('PlanInvalid'));
    const update = `10.0.2.1\nupdate delete api.${ZONE}. A`;
    await expect(set(100, 1, 0, routerFor({ y: [update] }))).rejects.toEqual(code('PlanInvalid'));
    await expect(withKey('a\nanswer', KEYS.crossfade).describe()).rejects.toEqual(code('PlanInvalid'));
    expect(await answer('api', 'A')).toEqual(X);
  });

  test('the programs are missing on the host', async () => {
    const path = join(dir, 'programs');
    mkdirSync(path);
    const missing = (program: string) =>
      expect.objectContaining({
        ...{ code: 'ProgramMissing' },
        message: expect.stringMatching(new RegExp(`${program} is not there .* bind9-dnsutils`)) as string,
      }) as Error;
    await expect(routerFor({}, KEYS.crossfade, path).describe()).rejects.toEqual(missing('dig'));
    symlinkSync('/usr/bin/dig', join(path, 'dig'));
    await expect(routerFor({}, KEYS.crossfade, path).describe()).rejects.toEqual(missing('nsupdate'));
  });

  test('down; nonsense of many kinds; a server that has the zone from elsewhere; one that fails', async () => {
    const at = (port: number) => routerFor({ server: `127.0.0.1:${port}` });
    await expect(set(25, 1, 0, at(await freePort()))).rejects.toEqual(code('BalancerUnreachable'));
    const response = (asked: Buffer, flags: number) => {
      const answered = Buffer.from(asked);
      answered.writeUInt16BE(flags, 4);
      return answered;
    };
    for (const [name, says] of [
      ['BalancerUnreachable', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
      ['BalancerNonsense', () => Buffer.from('\0\u0005hello')],
      ['BalancerNonsense', (asked: Buffer) => asked],
      ['BalancerNotPrepared', (asked: Buffer) => response(asked, 0x8000)],
      ['BalancerUnreachable', (asked: Buffer) => response(asked, 0x8402)],
    ] as const) {
      const server = await tcpServer((socket) => void socket.on('data', (asked: Buffer) => socket.end(says(asked))));
      await expect(at(server.port).current()).rejects.toEqual(code(name));
      await server.close();
    }
  });

  test('a server that takes no updates, fails at them, or answers without the signature of the key', async () => {
    const { port } = new URL(`tcp://${bind().address}`);
    for (const [rcode, name, text] of [
      [1, 'BalancerNonsense', 'FORMERR'],
      [2, 'BalancerUnreachable', 'fails at the update (SERVFAIL)'],
      [4, 'BalancerNotPrepared', 'takes no updates of the zone example.org (NOTIMP)'],
      [5, 'BalancerRefused', 'must be the primary server'],
      [9, 'BalancerNotPrepared', '(NOTAUTH)'],
      [0, 'BalancerNonsense', 'TSIG'],
    ] as const) {
      const between = await tcpServer((socket) => {
        socket.once('data', (asked: Buffer) => {
          if (isUpdate(asked)) {
            const header = Buffer.from([0, 12, ...asked.subarray(2, 4), 0xa8, rcode, ...new Uint8Array(8)]);
            return socket.end(header);
          }
          const behind = connect(Number(port), '127.0.0.1');
          behind.write(asked);
          return socket.pipe(behind).pipe(socket);
        });
      });
      const failed = await set(25, 1, 0, routerFor({ server: `127.0.0.1:${between.port}` })).catch(
        (error: unknown) => error,
      );
      expect(failed).toMatchObject({ code: name, message: expect.stringContaining(text) as string });
      await between.close();
    }
    expect(await routerFor().current()).toMatchObject({ weight: 0, epoch: 0 });
  });

  test('while an update waits, its key stands in no process list', async () => {
    const between = await loseAnswer(Number(bind().address.split(':')[1]), isUpdate);
    const waiting = set(25, 1, 0, routerFor({ server: `127.0.0.1:${between.port}` }));
    const failed = expect(waiting).rejects.toEqual(code('BalancerUnreachable'));
    await between.changed;
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const read = (file: string) => {
      try {
        return readFileSync(file, 'latin1');
      } catch {
        return '';
      }
    };
    const shown = processes.map((pid) => read(`/proc/${pid}/cmdline`) + read(`/proc/${pid}/environ`));
    expect(shown.some((text) => text.startsWith('nsupdate'))).toBe(true);
    expect(shown.filter((text) => text.includes(KEYS.crossfade))).toEqual([]);
    await between.close();
    await failed;
    expect(await set(25, 1, 0)).toMatchObject({ weight: 25, epoch: 1 });
  });

  test('a worker that is killed between the change and its read-back: the next one finds it done', async () => {
    const between = await loseAnswer(Number(bind().address.split(':')[1]), isUpdate);
    const entry = entryFor({ server: `127.0.0.1:${between.port}` });
    expect(await killedWorker(entry, [25, 4], { changed: between.changed, secret: KEYS.crossfade })).toBe('');
    await between.close();
    const after = { weight: 25, epoch: 4, by: 'mine' };
    expect(await routerFor().current()).toMatchObject(after);
    expect(await set(25, 4, 0)).toMatchObject(after);
    await expect(set(0, 3)).rejects.toEqual(code('StaleEpoch'));
  });
});

/** The kind of a message is in its third byte, after its length. */
const isUpdate = (sent: Buffer): boolean => (sent[4] ?? 0) >> 3 === 5;
