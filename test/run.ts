// `npm test`: installs the servers that the tests start, runs vitest with the arguments given, looks for processes that
// the tests left, and ends with the figures on one line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installTools, MissingPrograms } from '../sandbox/install/index.ts';
import { waitFor } from '../sandbox/wait-for.ts';
import { endLeftover, leftovers } from './leftovers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'crossfade-tests-'));
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  rmSync(work, { recursive: true });
}

async function main(args: readonly string[]): Promise<number> {
  try {
    await installTools([
      'postgres',
      'temporal',
      'versitygw',
      'nginx',
      'haproxy',
      'docker-compose',
      'age',
      'zstd',
      'pdns',
      'bind',
      'nsupdate',
      'etcd',
      'gateway-api',
    ]);
  } catch (error) {
    if (!(error instanceof MissingPrograms)) throw error;
    console.error(error.message);
    return 1;
  }
  startBuilding(args);
  const journal = join(work, 'processes');
  const results = join(work, 'results.json');
  const code = await runVitest(args, results, journal);
  const left = await whatIsLeft(journal);
  if (left.length > 0)
    console.error(`\nThe tests left ${left.length} processes running (ended now):\n  ${left.join('\n  ')}`);
  // Without a report vitest could not even start, and has said why.
  if (!existsSync(results)) return code || 1;
  const { passed, failed, skipped } = readResults(results);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return left.length > 0 ? code || 1 : code;
}

/** What takes minutes the first time is built beside the tests; those that need it come last, wait for it, and tell what went wrong. */
function startBuilding(args: readonly string[]): void {
  const files = args.filter((arg) => !arg.startsWith('-'));
  if (files.length > 0 && !files.some((file) => file.includes('kubernetes'))) return;
  installTools(['kube-apiserver']).catch((error: unknown) => console.error((error as Error).message));
}

async function runVitest(args: readonly string[], results: string, journal: string): Promise<number> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CROSSFADE_PROCESS_JOURNAL: journal },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Processes that are just ending are given a moment. */
async function whatIsLeft(journal: string): Promise<string[]> {
  try {
    await waitFor('no process is left', () => leftovers(journal).length === 0, { timeoutMs: 3_000, everyMs: 100 });
    return [];
  } catch {
    return leftovers(journal).map(endLeftover);
  }
}

interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** A file that failed without a failed test (it could not be loaded, or a hook failed) counts as one that failed. */
function readResults(file: string) {
  const report = JSON.parse(readFileSync(file, 'utf8')) as JsonReport;
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
