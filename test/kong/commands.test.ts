import { describe, expect, test } from 'vitest';
import { has, kongs } from './kongs.ts';
import { normalise, status } from './normalise.ts';
import { scripts, type Step } from './script.ts';
import { useStages, type Role, type Stage } from './stage.ts';

const openStage = useStages();

async function play(step: Step, stage: Stage, roles: ReadonlyMap<string, Role>): Promise<void> {
  if (step.kind === 'query') {
    const rows = (await stage.query(step.sql)).map((row) => Object.values(row).join('|'));
    if (step.rows !== undefined) expect(rows, step.line).toEqual(step.rows);
    return;
  }
  const [name = '', conf] = step.role.split('-');
  const role = roles.get(name);
  if (role === undefined) throw new Error(`no role ${name} in "${step.line}"`);
  const file = conf === undefined ? undefined : stage.confFile(role);
  const args = file === undefined ? step.args : step.args[0] === 'check' ? ['check', file] : [...step.args, '-c', file];
  const ended = await role.kong(args, step.env);
  const said = { prefix: role.prefix, database: stage.database, conf: file };
  const all = `${step.line}\n${ended.stdout}\n${ended.stderr}`;
  expect(ended.code, all).toBe(step.code);
  if (step.stdout !== undefined) expect(normalise(ended.stdout, said), step.line).toBe(step.stdout);
  if (step.stderr !== undefined) expect(normalise(ended.stderr, said), step.line).toBe(step.stderr);
  if (step.json !== undefined) expect(status(ended.stdout), step.line).toEqual(step.json);
}

for (const kong of kongs()) {
  describe.concurrent(`recorded commands: ${kong.label}`, { timeout: 120_000 }, () => {
    for (const script of scripts().filter(({ versions }) => has(kong, versions.values()))) {
      test(script.title, async () => {
        const stage = await openStage(kong);
        try {
          const roles = new Map<string, Role>();
          for (const [name, release] of script.versions) roles.set(name, await stage.role(name, release));
          for (const step of script.steps) await play(step, stage, roles);
        } finally {
          await stage.close();
        }
      });
    }
  });
}
