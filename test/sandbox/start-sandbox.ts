// A process that starts a sandbox in the folder given and stays: for tests that kill it.
import { startSandbox } from '../../sandbox/index.ts';

const { postgres, temporal, s3, upstream } = await startSandbox({ dir: process.argv[2] ?? '' });
const pids = [postgres, temporal, s3, upstream].map((server) => server.process.pid);
console.log(JSON.stringify({ pids, postgresPort: postgres.port }));
setInterval(() => undefined, 60_000);
