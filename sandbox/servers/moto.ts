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

/** Starts what answers as AWS does where no other S3 server for one machine can: encryption by keys of KMS. Takes any credentials. */
export async function startMoto({ dir, bucket }: { readonly dir: string; readonly bucket: string }): Promise<Moto> {
  const { moto } = await installTools(['moto']);
  await makeFolder(dir);
  let port = 0;
  const running = await retryOnUsedPort(async () => launch(dir, moto, (port = await freePort()), bucket));
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => running.stop() };
}

async function launch(dir: string, packages: string, port: number, Bucket: string): Promise<RunningProcess> {
  const running = await startProcess({
    ...{ dir, name: 'moto', command: 'python3' },
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    env: { PYTHONPATH: packages },
  });
  const client = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 },
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  });
  try {
    await running.waitUntil('moto has a bucket', () => client.send(new CreateBucketCommand({ Bucket })), PATIENCE);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  } finally {
    client.destroy();
  }
}
