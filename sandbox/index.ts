import { join } from 'node:path';
import { makeFolder } from './folder.ts';
import { installTools } from './install/index.ts';
import { printNothing, step, type Print } from './log.ts';
import { startPostgres, type Postgres } from './servers/postgres.ts';
import { startS3, type S3 } from './servers/s3.ts';
import { startTemporal, type Temporal, type TemporalOptions } from './servers/temporal.ts';
import { startUpstream, type Upstream } from './servers/upstream.ts';

export interface SandboxOptions {
  /** The one folder that everything is in. An earlier sandbox there, also a killed one, is ended and deleted first. */
  readonly dir: string;
  /** Of the role `kong`. */
  readonly password?: string;
  readonly searchAttributes?: TemporalOptions['searchAttributes'];
  /** Gets a line per step; silent by default. */
  readonly print?: Print;
}

export interface Sandbox {
  readonly dir: string;
  readonly postgres: Postgres;
  readonly temporal: Temporal;
  readonly s3: S3;
  /** A bucket that is there. */
  readonly bucket: string;
  readonly upstream: Upstream;
  /** Ends all servers, verified. The folder with their logs stays until the next start, or `removeFolder(dir)`. */
  stop(): Promise<void>;
}

/**
 * Starts everything that an upgrade needs but Kong and the balancer, side by side, after installing what is missing. If one of
 * them can't start, the others are stopped.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dir, password = 'kong-secret', searchAttributes = {}, print = printNothing } = options;
  await installTools(['postgres', 'temporal', 'versitygw', 'nginx'], print);
  await makeFolder(dir);
  const bucket = 'crossfade-backups';
  const folder = (name: string) => join(dir, name);
  const starting = [
    step(print, 'PostgreSQL', () => startPostgres({ dir: folder('postgres'), password })),
    step(print, 'Temporal', () => startTemporal({ dir: folder('temporal'), searchAttributes })),
    step(print, 'S3', () => startS3({ dir: folder('s3'), buckets: [bucket] })),
    step(print, 'Upstream', () => startUpstream({ dir: folder('upstream') })),
  ] as const;
  try {
    const [postgres, temporal, s3, upstream] = await Promise.all(starting);
    const stop = async () =>
      void (await Promise.all([postgres, temporal, s3, upstream].map((server) => server.stop())));
    return { dir, postgres, temporal, s3, bucket, upstream, stop };
  } catch (error) {
    const started = (await Promise.allSettled(starting)).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    );
    await Promise.all(started.map((server) => server.stop()));
    throw error;
  }
}
