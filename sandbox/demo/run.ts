import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildReport, type Report } from '../../src/domain/report/index.ts';
import type { Print } from '../log.ts';
import { checkAll, type Check } from './checks/index.ts';
import { crashInEveryPhase, type HadCrash } from './crashes.ts';
import { createSuperuser } from './drift.ts';
import { follow } from './follow.ts';
import { countNodeStarts } from './node-starts.ts';
import { createPeople } from './people.ts';
import type { Demo } from './set-up.ts';
import { tellLive } from './story/live.ts';
import { tellInLines } from './story/lines.ts';
import { startWriters } from './writers/index.ts';

/** How a demo ended: the upgrade's own report, with what only the demo knows. */
export interface DemoReport extends Report {
  readonly checks: readonly Check[];
  readonly crashes: readonly HadCrash[];
  readonly requestsPerSecond: number;
  /** The page, for a browser. */
  readonly htmlFile?: string;
}

/** Load before the upgrade begins and after it has ended. */
const ALONE_MS = 1_000;

/** Runs the upgrade with everything that the scenario does to it, and then reads back what it promised. */
export async function runUpgrade(demo: Demo, print: Print): Promise<DemoReport> {
  const { temporal, planFile, worker, load, scenario, plan, places, sandbox } = demo;
  mkdirSync(places.reports, { recursive: true });
  await sleep(ALONE_MS);
  const writers = scenario.writers && (await startWriters(places.dir, plan, sandbox.postgres));
  print(
    `\n  $ temporal workflow start --type blueGreenUpgrade --task-queue crossfade --workflow-id kong/demo --input-file ${planFile}`,
  );
  const runId = await temporal.start(planFile);

  const nodeStarts = countNodeStarts(places.dir);
  const story = process.stderr.isTTY ? tellLive(load, process.stderr) : tellInLines(load, print);
  const follower = await follow(sandbox.temporal.address, runId);
  try {
    const act = createPeople(demo, story.note);
    const tamper = createSuperuser(demo, story.note);
    const [end, crashes] = await Promise.all([
      follower.untilEnd(async (moment) => {
        story.tell(moment);
        await tamper(moment.status);
        await act(moment.status);
      }),
      scenario.killWorker ? crashInEveryPhase(follower.connection, runId, worker, story.note) : [],
    ]);
    story.close();
    await sleep(ALONE_MS);
    nodeStarts.stop();
    const written = await writers?.stop();
    const result = await load.stop();
    const { sent, failed, failedByY } = result;
    const temporalStatus = await follower.temporalStatus();
    const ended = {
      demo,
      end,
      temporalStatus,
      load: result,
      nodeStarts: nodeStarts.counts(),
      crashes,
      ...(written === undefined ? {} : { writers: written }),
    };
    return {
      ...buildReport(end.status, end.timeline, plan),
      requests: { sent, failed, failedByY },
      requestsPerSecond: sent / result.seconds,
      workerRestarts: worker.restarts,
      crashes,
      ...(end.status.report?.htmlFile === undefined ? {} : { htmlFile: end.status.report.htmlFile }),
      checks: await checkAll(ended),
    };
  } finally {
    story.close();
    nodeStarts.stop();
    await follower.close();
  }
}
