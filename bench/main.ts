// `npm run bench -- NAME [--quick] [--seed N]`: measures, prints a table, writes bench/results/NAME.json. Without a name: the list.
import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { printToStderr as print } from '../sandbox/log.ts';
import type { Bench, BenchOptions } from './harness/bench.ts';
import { describeMachine } from './harness/machine.ts';
import { writeResult } from './harness/results.ts';
import { table } from './harness/table.ts';

const BENCHES: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  overhead: () => import('./overhead/index.ts'),
  freeze: () => import('./freeze/index.ts'),
  'migrate-impact': () => import('./migrate-impact/index.ts'),
  history: () => import('./history/index.ts'),
  recovery: () => import('./recovery/index.ts'),
  backup: () => import('./backup/index.ts'),
  shift: () => import('./shift/index.ts'),
  'rollback-time': () => import('./rollback-time/index.ts'),
};

const OPTIONS = { quick: { type: 'boolean' }, seed: { type: 'string' } } as const;

try {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [name, ...rest] = positionals;
  if (name === undefined) await list();
  else if (BENCHES[name] === undefined || rest.length > 0)
    await misused(`There is no bench "${positionals.join(' ')}".`);
  else
    await measure(name, BENCHES[name], {
      quick: values.quick === true,
      seed: Number(values.seed ?? randomInt(1_000_000)),
      print,
    });
} catch (error) {
  if (!String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) throw error;
  await misused((error as Error).message);
}

async function measure(name: string, load: () => Promise<{ bench: Bench }>, options: BenchOptions): Promise<void> {
  const { bench } = await load();
  const { quick } = options;
  const taken = { name, date: new Date().toISOString(), quick, machine: describeMachine() };
  const measured = await bench.run(options);
  const file = writeResult(taken, measured);
  console.log(`\n${table(measured.figures, measured.against)}\n`);
  for (const note of measured.notes ?? []) console.log(`- ${note}`);
  console.log(`${relative('', file)}${quick ? ' (quick: too few runs to be quoted)' : ''}`);
}

async function list(): Promise<void> {
  console.log('npm run bench -- NAME [--quick] [--seed N]\n');
  for (const [name, load] of Object.entries(BENCHES)) console.log(`  ${name.padEnd(14)} ${(await load()).bench.about}`);
}

async function misused(what: string): Promise<void> {
  console.error(`${what}\n`);
  await list();
  process.exitCode = 2;
}
