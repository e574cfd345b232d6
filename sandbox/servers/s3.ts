import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';

export interface S3Options {
  /** Its folder, emptied at the start; objects are files below it. */
  readonly dir: string;
  /** Made at the start. Names have at least 3 letters. */
  readonly buckets?: readonly string[];
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region?: string;
  /** Further accounts, secret by access key; what they may do stands in the policies of buckets. */
  readonly accounts?: Readonly<Record<string, string>>;
}

export interface S3 {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly process: RunningProcess;
  /** `locks`: with object lock, and so with versions. */
  createBucket(name: string, locks?: boolean): Promise<void>;
  stop(): Promise<void>;
  /** Starts it again after `stop`, on the same port and with the same objects. */
  start(): Promise<void>;
}

/** Starts an S3 server. Its addresses are of the path style: `endpoint/bucket/key`. */
export async function startS3(options: S3Options): Promise<S3> {
  const { dir, buckets = [], accessKeyId = 'sandbox', secretAccessKey = 'sandbox-secret' } = options;
  const { region = 'us-east-1', accounts = {} } = options;
  const { versitygw: command } = await installTools(['versitygw']);
  await makeFolder(dir);
  for (const folder of ['objects', 'versions', 'accounts']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'accounts/users.json'), accountsFile(accounts), { mode: 0o600 });
  const credentials = { accessKeyId, secretAccessKey };
  const launchOn = (onPort: number) => launch(dir, command, onPort, region, credentials);
  let port = 0;
  let running = await retryOnUsedPort(async () => launchOn((port = await freePort())));
  const endpoint = `http://127.0.0.1:${port}`;

  const createBucket = (Bucket: string, ObjectLockEnabledForBucket = false) =>
    withClient(endpoint, region, credentials, async (client) => {
      await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket }));
    });
  for (const name of buckets) await createBucket(name);

  return {
    endpoint,
    region,
    ...credentials,
    get process() {
      return running;
    },
    createBucket,
    stop: () => running.stop(),
    async start() {
      running = await launchOn(port);
    },
  };
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** As `versitygw` keeps them. */
const accountsFile = (accounts: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    accessAccounts: Object.fromEntries(
      Object.entries(accounts).map(([access, secret]) => [access, { access, secret, role: 'user' }]),
    ),
  });

async function launch(
  dir: string,
  command: string,
  port: number,
  region: string,
  credentials: Credentials,
): Promise<RunningProcess> {
  const options = ['--port', `127.0.0.1:${port}`, '--region', region, '--iam-dir', join(dir, 'accounts')];
  const running = await startProcess({
    dir,
    name: 's3',
    command,
    args: [...options, 'posix', '--versioning-dir', join(dir, 'versions'), join(dir, 'objects')],
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
  });
  try {
    await running.waitUntil('the S3 server lists its buckets', () =>
      withClient(`http://127.0.0.1:${port}`, region, credentials, (client) => client.send(new ListBucketsCommand())),
    );
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

async function withClient<T>(
  endpoint: string,
  region: string,
  credentials: Credentials,
  use: (client: S3Client) => Promise<T>,
): Promise<T> {
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
