// `npm run demo`: a whole upgrade on this machine, under load, with everything real but Kong. See `options.ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installTools } from '../install/index.ts';
import { printToStderr as print } from '../log.ts';
import { startLoad, STEADY } from './load/index.ts';
import { PATH } from './configure.ts';
import { tempDir } from './leftovers.ts';
import { parseOptions, USAGE, type Options } from './options.ts';
import { runUpgrade } from './run.ts';
import { scenarios } from './scenarios.ts';
import { setUp, type Demo } from './set-up.ts';
import { stopEverything } from './stop.ts';
import { printHowToPlay, printSummary } from './summary.ts';

/** Longer than this and the demo has failed. */
const GIVE_UP_AFTER = 15 * 60_000;
/** So long what was interrupted may take to notice. */
const SETTLE_MS = 30_000;

// Whoever read its output may be gone; the demo still has to stop what it started.
process.stderr.on('error', () => undefined);

// Whatever an interrupted demo still waits for must not keep it alive.
process.exit(await main());

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === 'help') return help();
    return options.stop ? await stop(options.dir) : await demo(options);
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function help(): number {
  print(USAGE);
  return 0;
}

async function demo(options: Options): Promise<number> {
  const { dir, keep } = options;
  const scenario = scenarios[options.scenario];
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  print(`Scenario "${options.scenario}": ${scenario.title}.`);
  // With the machine's own TMPDIR, and before anything is ended or started.
  await installTools(['postgres', 'temporal', 'versitygw', 'nginx'], print);
  // Whoever is started from here on, and by whom, is known by it.
  process.env['TMPDIR'] = tempDir(dir);
  await stopEverything(dir);

  const stage: { ready?: Demo } = {};
  const playing = play(options, stage, seconds);
  let good = false;
  let endedBefore = 0;
  try {
    good = await Promise.race([playing, interrupted(), tooLate()]);
  } catch (error) {
    print(`\n${error instanceof Error ? error.message : String(error)}`);
    if (!keep || stage.ready === undefined) {
      // What was just being started fails now, and is ended below, too.
      endedBefore = (await stopEverything(dir)).ended;
      await Promise.race([playing.catch(() => undefined), sleep(SETTLE_MS)]);
    }
  }
  if (keep && stage.ready !== undefined) await leaveRunning(stage.ready);
  else good = (await stop(dir, endedBefore)) === 0 && good;
  print(`\n${good ? 'As it should be' : 'NOT as it should be'}, after ${seconds()} s.`);
  return good ? 0 : 1;
}

/** Set up, upgrade, read back. True if everything was as the scenario says. */
async function play(
  { scenario, dir, report: file }: Options,
  stage: { ready?: Demo },
  seconds: () => string,
): Promise<boolean> {
  const ready = await setUp(dir, scenarios[scenario], print);
  stage.ready = ready;
  print(`Everything runs after ${seconds()} s. Temporal UI: ${ready.sandbox.temporal.ui}`);
  const report = await runUpgrade(ready, print);
  printSummary(report, ready, print);
  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  }
  return report.checks.every(({ holds }) => holds);
}

async function leaveRunning(ready: Demo): Promise<void> {
  const { places, secrets, load } = ready;
  const toNginx = { port: places.balancer, path: PATH, ...STEADY };
  if (!load.process.isRunning()) await startLoad(places.dir, toNginx, secrets.DEMO_KEY);
  printHowToPlay(ready, print);
}

async function stop(dir: string, endedBefore = 0): Promise<number> {
  const { ended, left } = await stopEverything(dir);
  print(
    left.length === 0
      ? `\nStopped: ${endedBefore + ended} processes; none is left.`
      : `\nSTILL RUNNING: ${left.join('; ')}`,
  );
  return left.length === 0 ? 0 : 1;
}

function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => reject(new Error(`${signal}: stopping everything`)));
  });
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    const error = new Error(`The demo has not ended after ${GIVE_UP_AFTER / 60_000} minutes.`);
    setTimeout(() => reject(error), GIVE_UP_AFTER).unref();
  });
}
