// `npm run sandbox`: the servers, until Ctrl-C. `npm run sandbox -- down`: ends what an earlier one left.
// Both take the folder as a second argument, for more than one sandbox at a time.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeFolder } from './folder.ts';
import { startSandbox, type Sandbox } from './index.ts';
import { installTools, MissingPrograms } from './install/index.ts';
import { printToStderr as print } from './log.ts';
import { recordProcess } from './processes.ts';

const [command = 'up', folder, ...rest] = process.argv.slice(2);
const dir = folder === undefined ? fileURLToPath(new URL('../.sandbox/run', import.meta.url)) : resolve(folder);

if (command === 'up' && rest.length === 0) await up();
else if (command === 'down' && rest.length === 0) await down();
else {
  print('usage: npm run sandbox [-- up | down [FOLDER]]');
  process.exitCode = 2;
}

async function up(): Promise<void> {
  try {
    await installTools(['postgres', 'temporal', 'versitygw', 'nginx'], print);
  } catch (error) {
    if (!(error instanceof MissingPrograms)) throw error;
    print(error.message);
    process.exitCode = 1;
    return;
  }
  // From here on a signal lets what is starting come up first: only what has started can be stopped for certain.
  const stopAsked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const keepAlive = setInterval(() => undefined, 60_000);
  const sandbox = await startSandbox({ dir, print });
  recordProcess(dir, 'sandbox', process.pid);
  show(sandbox);
  await stopAsked;
  print('Stopping ...');
  await sandbox.stop();
  clearInterval(keepAlive);
  print(`Everything is stopped. Logs: ${dir}`);
}

async function down(): Promise<void> {
  const ended = await removeFolder(dir);
  print(ended.length === 0 ? 'Nothing was running.' : `Ended: ${ended.join(', ')}.`);
}

function show({ temporal, postgres, s3, bucket, upstream }: Sandbox): void {
  const variables = {
    TEMPORAL_ADDRESS: temporal.address,
    KONG_PG_HOST: postgres.host,
    KONG_PG_PORT: postgres.port,
    KONG_PG_DATABASE: postgres.kong.database,
    KONG_PG_USER: postgres.kong.user,
    KONG_PG_PASSWORD: postgres.kong.password,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
  const file = join(dir, 'env.sh');
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  print(`
Temporal UI  ${temporal.ui}
Temporal     ${temporal.address} (command: ${temporal.command})
PostgreSQL   ${postgres.host}:${postgres.port}, database kong
S3           ${s3.endpoint}, bucket ${bucket}
Upstream     ${upstream.url}

In another terminal:  . ${file}
Ctrl-C stops everything.`);
}
