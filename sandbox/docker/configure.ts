// Run once by docker-compose.yml: the bucket of the backups, and in Kong a service with a route that needs a key, a
// consumer that has one, and the metrics that a verdict needs. It may be run again.
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

const ADMIN = 'http://kong-x1:8001';

await put('services/echo', { url: 'http://upstream:8080' });
await put('services/echo/routes/echo', { paths: ['/echo'], strip_path: false });
await put('consumers/crossfade', {});
await put('consumers/crossfade/key-auth/crossfade', { key: 'crossfade' });
await put('plugins/5c7a2a5e-0000-4000-8000-000000000001', { name: 'key-auth', service: { name: 'echo' } });
await put('plugins/5c7a2a5e-0000-4000-8000-000000000002', {
  name: 'prometheus',
  config: { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true },
});
await createBucket('crossfade-backups');
console.log('Kong has the route /echo, which takes the header "apikey: crossfade"; the bucket is there.');

async function put(path: string, entity: unknown): Promise<void> {
  const response = await fetch(`${ADMIN}/${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(entity),
  });
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
}

async function createBucket(Bucket: string): Promise<void> {
  const client = new S3Client({ endpoint: 'http://s3:7070', forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket }));
  } catch (error) {
    const there = ['BucketAlreadyExists', 'BucketAlreadyOwnedByYou'];
    if (!(error instanceof Error) || !there.includes(error.name)) throw error;
  }
}
