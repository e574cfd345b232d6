import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';

export interface Moto {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const PATIENCE = { timeoutMs: 60_000 };
const SERVER = fileURLToPath(new URL('moto-server.py', import.meta.url));

/**
 * Starts what answers as AWS does where no real server for one machine can: S3 with keys of KMS, Route 53. Takes any credentials.
 *
 * @param bucket is made in its S3
 */
export async function startMoto({ dir, bucket }: { readonly dir: string; readonly bucket?: string }): Promise<Moto> {
  const { moto } = await installTools(['moto']);
  await makeFolder(dir);
  let port = 0;
  const running = await retryOnUsedPort(async () => launch(dir, moto, (port = await freePort())));
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    if (bucket !== undefined) await makeBucket(endpoint, bucket);
    return { endpoint, stop: () => running.stop() };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function launch(dir: string, packages: string, port: number): Promise<RunningProcess> {
  const running = await startProcess({
    ...{ dir, name: 'moto', command: 'python3' },
    args: [SERVER, '-H', '127.0.0.1', '-p', String(port)],
    env: { PYTHONPATH: packages },
  });
  try {
    await running.waitUntil('moto answers', () => fetch(`http://127.0.0.1:${port}/moto-api/`), PATIENCE);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function makeBucket(endpoint: string, Bucket: string): Promise<void> {
  const client = new S3Client({
    ...{ endpoint, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket }));
  } finally {
    client.destroy();
  }
}
