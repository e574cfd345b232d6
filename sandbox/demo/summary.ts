import { elapsed } from '../../src/domain/status/render-text.ts';
import type { Print } from '../log.ts';
import type { DemoReport } from './run.ts';
import type { Demo } from './set-up.ts';

/** What the upgrade came to, in a screenful. */
export function printSummary(report: DemoReport, demo: Demo, print: Print): void {
  const phases = report.phases.map(({ name, result, startedAt, endedAt, note }) => {
    const took = startedAt && endedAt ? `${(elapsed(startedAt, endedAt) / 1000).toFixed(1)} s` : '';
    return `  ${name.padEnd(13)} ${result.padEnd(8)} ${took.padStart(7)}  ${note ?? ''}`.trimEnd();
  });
  const { sent = 0, failed = 0, failedByY = 0 } = report.requests ?? {};
  print(`\n${report.summary}\n\n${phases.join('\n')}\n
  clients       ${sent} requests (${report.requestsPerSecond.toFixed(0)}/s), ${failed} failed, ${failedByY} of them answered so by Y
  worker        ${report.workerRestarts ?? 0} times started again
  undone        ${report.undone.map(({ name, result }) => `${name} (${result})`).join(', ') || 'nothing'}
  Temporal UI   ${workflowPage(demo, report)}
  Report        ${pageOf(report)}
\nRead back:`);
  for (const { what, holds, found } of report.checks) print(`  ${holds ? 'ok  ' : 'FAIL'} ${what} (${found})`);
}

const workflowPage = ({ sandbox }: Demo, { upgrade }: DemoReport): string =>
  `${sandbox.temporal.ui}/namespaces/default/workflows/${encodeURIComponent(upgrade.workflowId)}/${upgrade.runId}`;

const pageOf = ({ htmlFile }: DemoReport): string => htmlFile ?? 'not written';

/** How to play with what `--keep` left. */
export function printHowToPlay({ sandbox, places, planFile }: Demo, print: Print): void {
  print(`
Everything still runs, with the load on nginx:
  export TEMPORAL_ADDRESS=${sandbox.temporal.address}
  ${sandbox.temporal.command} workflow list
  ${sandbox.temporal.command} workflow query --workflow-id kong/demo --type status
  curl -i -H 'apikey: key-of-the-demo-clients' http://127.0.0.1:${places.balancer}/shop/orders
  Temporal UI   ${sandbox.temporal.ui}
  Plan          ${planFile}
  Logs          ${places.dir}
Stop it with:
  npm run demo -- --stop --dir ${places.dir}`);
}
