import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Print } from '../../sandbox/log.ts';
import type { StoredObject } from '../../src/domain/backup.ts';
import type { Job } from './arms.ts';

const PROCESS = fileURLToPath(new URL('process.ts', import.meta.url));

export interface Took {
  readonly ms: number;
  /** By how much its memory grew at most. */
  readonly growthMB: number;
  /** Of its own process, without the programs that it starts. */
  readonly cpuMs: number;
  readonly bytes?: number;
  readonly stored?: StoredObject;
}

/** All arms, once each, one right after the other. */
export interface Round {
  readonly megabytes: number;
  /** Bytes of the dump before it is compressed. */
  readonly content: number;
  readonly crossfade: Took;
  readonly plain: Took;
  readonly limit: Took;
  readonly restore: Took;
  readonly plainRestore: Took;
}

const DUMPS = ['crossfade', 'plain', 'limit'] as const;

/** Every other round begins with another arm, so that what else the machine does meets all of them. */
export async function measure(
  job: Omit<Job, 'arm'>,
  megabytes: number,
  rounds: number,
  environment: NodeJS.ProcessEnv,
  print: Print,
): Promise<Round[]> {
  const run = async (arm: Job['arm'], stored?: StoredObject): Promise<Took> => {
    const whole: Job = { ...job, arm, ...(stored === undefined ? {} : { stored }) };
    const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, JSON.stringify(whole)], {
      env: environment,
    });
    return JSON.parse(stdout) as Took;
  };
  const done: Round[] = [];
  for (let number = 0; number < rounds; number++) {
    const took: Partial<Record<Job['arm'], Took>> = {};
    for (let place = 0; place < DUMPS.length; place++) {
      const arm = DUMPS[(number + place) % DUMPS.length];
      if (arm !== undefined) took[arm] = await run(arm);
    }
    const { crossfade, plain, limit } = took;
    if (crossfade?.stored === undefined || plain === undefined || limit === undefined)
      throw new Error('An arm is missing.');
    // In turn as well.
    const first = number % 2 === 0 ? await run('restore', crossfade.stored) : undefined;
    const plainRestore = await run('plainRestore');
    const restore = first ?? (await run('restore', crossfade.stored));
    done.push({ megabytes, content: crossfade.stored.content, crossfade, plain, limit, restore, plainRestore });
    const seconds = ({ ms }: Took) => (ms / 1_000).toFixed(1);
    print(
      `${megabytes} MB, ${number + 1} of ${rounds}: Crossfade ${seconds(crossfade)} s (${Math.round(crossfade.growthMB)} MB more memory), ` +
        `plain ${seconds(plain)} s, pg_dump -Z0 ${seconds(limit)} s; restore ${seconds(restore)} s, pg_restore ${seconds(plainRestore)} s`,
    );
  }
  return done;
}
