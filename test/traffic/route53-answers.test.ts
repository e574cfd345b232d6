import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { code, KEY, useRoute53, X, Y } from './route53-fixture.ts';

const { route53, router, set, current, begin } = useRoute53();

describe('what Route 53 answers instead', () => {
  const page = readFileSync(new URL('../../docs/traffic/route53.md', import.meta.url), 'utf8');
  const rights = [...page.matchAll(/"route53:((?:Get|List|Change)\w+)"(?!: )/g)].map(([, right = '']) => right);
  const xml = (name: string, message: string) =>
    `<?xml version="1.0"?><ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
  const answerAll = (status: number, body: string, type?: string) => {
    route53().meddler.meddle = () => Promise.resolve({ status, body, ...(type === undefined ? {} : { type }) });
  };
  async function fails(name: string, text?: string): Promise<void> {
    const all = [
      () => current(),
      () => set(0, 9_007_199_254_740_000),
      () => router().describe(),
      () => router().verify(0, { within: 0 }),
    ];
    for (const call of all) {
      const error = (await call().catch((cause: unknown) => cause)) as Error;
      expect(error).toEqual(code(name, text));
      expect(error.message).not.toContain(KEY);
    }
  }

  test.each([
    ['a page for people', 200, '<html><body>Welcome to nginx!</body></html>', 'text/html'],
    ['JSON', 200, '{"ok":true}', 'application/json'],
    ['nothing', 200, '', 'text/xml'],
    ['noise', 200, '\u0000\u0001<<<>&&;;', 'text/xml'],
    [
      'half of an answer',
      200,
      '<?xml version="1.0"?><ListResourceRecordSetsResponse><ResourceRecordSets><Resource',
      'text/xml',
    ],
    [
      'an answer to something else',
      200,
      '<?xml version="1.0"?><ListHostedZonesResponse><HostedZones/></ListHostedZonesResponse>',
      'text/xml',
    ],
    ['a page that is not there', 404, '<html><body>404</body></html>', 'text/html'],
  ])('nonsense: %s', async (_, status, body, type) => {
    answerAll(status, body, type);
    await fails('BalancerNonsense', 'What answers is not Route 53');
  });

  test.each([
    [403, 'AccessDenied', 'User: arn:aws:iam::1:user/worker is not authorized to perform that', 'BalancerRefused'],
    [403, 'InvalidClientTokenId', 'The security token included in the request is invalid', 'BalancerRefused'],
    [400, 'InvalidInput', 'The input is not valid', 'BalancerRefused'],
  ])('%i %s', async (status, name, message, as) => {
    answerAll(status, xml(name, message));
    await fails(as, message);
  });

  test('what the client can try again, it does; what stays so, Temporal may try', async () => {
    const failures = {
      'one.example.com': [400, 'Throttling', 'Rate exceeded', 'BalancerBusy'],
      'two.example.com': [400, 'PriorRequestNotComplete', 'The request was rejected', 'BalancerBusy'],
      'three.example.com': [500, 'InternalError', 'We are sorry', 'BalancerUnreachable'],
    } as const;
    const all = Object.entries(failures);
    let only = 1;
    const asked = new Map<string, number>();
    route53().meddler.meddle = async ({ url }, pass) => {
      const [name, failure] = all.find(([record]) => url.includes(record)) ?? [];
      if (name === undefined || failure === undefined) return pass();
      asked.set(name, (asked.get(name) ?? 0) + 1);
      return (asked.get(name) ?? 0) > only ? pass() : { status: failure[0], body: xml(failure[1], failure[2]) };
    };
    const failing = (expected: (failure: (typeof all)[number][1]) => Error) =>
      Promise.all(
        all.map(([record, failure]) =>
          expect(route53().worker({ record }).router().current()).rejects.toEqual(expected(failure)),
        ),
      );
    await failing(() => code('BalancerNotPrepared', 'there is no record of this name'));
    only = Infinity;
    await failing(([, , message, as]) => code(as, message));
  });

  test('credentials that nobody gives out at the moment are tried for again', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const error = await current().catch((cause: unknown) => cause);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY);
    expect(error).toEqual(code('BalancerUnreachable', 'CredentialsProviderError'));
  });

  test('what an answer was lost to is not done twice: the batch that is sent again does not fit any more', async () => {
    const epoch = await begin();
    let lost = 0;
    route53().meddler.meddle = async (asked, pass) => {
      const answer = await pass();
      if (asked.method !== 'POST' || lost++ > 0) return answer;
      return { status: 500, body: xml('InternalError', 'lost') };
    };
    expect(await set(50, epoch + 1, 0)).toMatchObject({ weight: 50, epoch: epoch + 1 });
    expect(lost).toBe(2);
    route53().meddler.behave();
    await set(0, epoch + 2);
  });

  test('a worker without the right to change hears so before the first step; and it may go on to look', async () => {
    const { key, secret, release } = await onlyAllow(rights.filter((right) => right !== 'ChangeResourceRecordSets'));
    try {
      vi.stubEnv('AWS_ACCESS_KEY_ID', key);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
      const denied = code('BalancerRefused', 'route53:ChangeResourceRecordSets');
      await expect(router().describe()).rejects.toEqual(denied);
      await expect(set(0, (await current()).epoch + 1)).rejects.toEqual(denied);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another-secret');
      const error = (await current().catch((cause: unknown) => cause)) as Error;
      expect(error).toEqual(code('BalancerRefused', 'HTTP 403'));
      expect(error.message).not.toContain('another-secret');
    } finally {
      await release();
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY);
    }
  });

  test('the rights that the docs list are enough', async () => {
    const { key, secret, release } = await onlyAllow(rights);
    try {
      vi.stubEnv('AWS_ACCESS_KEY_ID', key);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
      // It is not asked by the worker's rights.
      route53().resolver.answer = () => [...X];
      expect(await router().describe()).toMatchObject({ lacks: [] });
      const epoch = await begin();
      expect(await set(100, epoch + 1, 0)).toMatchObject({ weight: 100 });
      route53().resolver.answer = () => [...Y];
      expect(await router().verify(100, { within: 30_000 })).toMatchObject({ agrees: true });
      await set(0, epoch + 2);
    } finally {
      await release();
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY);
    }
  });

  /** From now on moto looks whose requests they are, and what these may do. */
  async function onlyAllow(actions: string[]): Promise<{ key: string; secret: string; release(): Promise<void> }> {
    const iam = async (parameters: Record<string, string>) => {
      const body = new URLSearchParams({ Version: '2010-05-08', UserName: 'worker', ...parameters });
      const authorization =
        'AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0';
      return (await fetch(route53().moto, { method: 'POST', body, headers: { authorization } })).text();
    };
    await iam({ Action: 'CreateUser' });
    const Statement = [{ Effect: 'Allow', Action: actions.map((action) => `route53:${action}`), Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam({ Action: 'PutUserPolicy', PolicyName: 'worker', PolicyDocument });
    const made = await iam({ Action: 'CreateAccessKey' });
    const part = (name: string) => new RegExp(`<${name}>([^<]+)`).exec(made)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const after = (requests: string) =>
      fetch(`${route53().moto}/moto-api/reset-auth`, { method: 'POST', body: requests });
    await after('0');
    return {
      key: part('AccessKeyId'),
      secret: part('SecretAccessKey'),
      release: async () => void (await after('1e9')),
    };
  }
});
