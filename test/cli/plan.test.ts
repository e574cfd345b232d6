import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { describePlan, parsePlan, toPlanInput, type PlanInput } from '../../src/domain/plan/index.ts';
import { loggedIn } from '../../src/cli/options.ts';
import { readPlan } from '../../src/cli/plan-file.ts';
import { estimateFreeze } from '../../src/domain/plan/describe-freeze.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { CROSSFADE, crossfade } from './crossfade.ts';

const dir = mkdtempSync(join(tmpdir(), 'crossfade-cli-'));
afterAll(() => rmSync(dir, { recursive: true }));

const plan = testPlan('payments', {
  gates: { finish: { approvers: ['ann', 'bob'], quorum: 2, expires: '12h' } },
  traffic: {
    via: 'nginx',
    host: 'gw-1',
    directory: '/etc/nginx/crossfade',
    steps: [
      { y: 5, bake: '5m' },
      { y: 25, bake: '10m', approve: true },
      { y: 100, bake: '60m' },
    ],
  },
});

function file(name: string, content: string): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const parsed = (input: PlanInput) => {
  const { plan: found, faults } = parsePlan(input);
  if (found === undefined) throw new Error(JSON.stringify(faults));
  return found;
};

describe('crossfade plan', () => {
  it('prints every phase, gate and limit of a YAML plan, and what the freeze costs', async () => {
    const { code, out, err } = await crossfade(['plan', file('plan.yaml', stringify(plan))]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('payments: Kong 3.6.1 → 3.7.1');
    expect(out).toContain('1 preflight');
    expect(out).toContain('11 decommission');
    expect(out).toContain('◆ gate shift:25: 1 approval by anybody but who started it, within 1 d');
    expect(out).toContain('◆ gate finish: 2 approvals by ann, bob, within 12 h');
    expect(out).toContain('5 % on Y, watched for 5 min (a verdict needs 200 requests on Y: 14/s on both together)');
    expect(out).toContain('expected  1 h 15 min of bakes');
    expect(out).toContain('at most   8 h (freeze.limit)');
    expect(out).toContain('answers with 5xx: more than 2 % on Y, or 0.5 % more than on X');
  });

  it('prints the filled-in plan as JSON that is a plan again', async () => {
    const { code, out } = await crossfade(['plan', file('plan.json', JSON.stringify(plan)), '--json']);
    expect(code).toBe(0);
    expect(parsed(JSON.parse(out) as PlanInput)).toEqual(parsed(plan));
    expect(JSON.parse(out)).toMatchObject({ watch: '50ms', freeze: { limit: '8h' }, verdict: { every: '10s' } });
  });

  it('prints every fault at once with its path, on stderr, and ends with 2', async () => {
    const bad = {
      ...plan,
      cluster: 'pay ments',
      traffic: { ...plan.traffic, steps: [{ y: 0, bake: 'soon' }] },
      watch: 5,
      extra: true,
    };
    const { code, out, err } = await crossfade(['plan', file('bad.yaml', stringify(bad))]);
    expect(code).toBe(2);
    expect(out).toBe('');
    for (const path of ['cluster', 'traffic.steps[0].y', 'traffic.steps[0].bake', 'watch', 'extra'])
      expect(err).toContain(`  ${path}: `);
    expect(err).toMatch(/bad\.yaml has \d+ faults:/);
    expect(err).not.toMatch(/ at .*\.ts:\d+/);
  });

  it('says where a file is neither JSON nor YAML, and when it is not there', async () => {
    const broken = await crossfade(['plan', file('broken.yaml', 'cluster: [payments\nx: 1')]);
    expect(broken.code).toBe(2);
    expect(broken.err).toMatch(/neither JSON nor YAML: .* at line 2/);
    const missing = await crossfade(['plan', 'no-such.yaml']);
    expect(missing.code).toBe(2);
    expect(missing.err).toContain('no-such.yaml is not there.');
  });

  it('works through a link, from another directory', async () => {
    const link = join(dir, 'crossfade');
    symlinkSync(CROSSFADE, link);
    file('here.yaml', stringify(plan));
    const { code, out } = await crossfade(['plan', 'here.yaml'], { command: link, cwd: dir });
    expect(code).toBe(0);
    expect(out).toContain('payments');
  });
});

describe('bad usage', () => {
  it('ends with 2 and says what is wrong', async () => {
    for (const args of [['plna'], ['plan'], ['accept', 'payments'], ['retry', 'payments', '--phase', 'lunch'], []]) {
      const { code, err } = await crossfade(args);
      expect(code, args.join(' ')).toBe(2);
      expect(err).not.toBe('');
    }
  });

  it('explains the exit codes in --help', async () => {
    const { code, out } = await crossfade(['--help']);
    expect(code).toBe(0);
    for (const line of ['Exit codes:', '3    refused', '5    the upgrade is held', 'TEMPORAL_ADDRESS'])
      expect(out).toContain(line);
  });

  it('takes who is logged in from $USER, else from the system, and knows when that is nobody', () => {
    const nobody = () => {
      throw new Error('ENOENT: no such file or directory, uv_os_get_passwd');
    };
    expect(loggedIn({ USER: 'cleo', LOGNAME: 'other' }, nobody)).toBe('cleo');
    expect(loggedIn({ USER: '', LOGNAME: 'other' }, nobody)).toBe('other');
    expect(loggedIn({}, () => 'kong')).toBe('kong');
    expect(loggedIn({}, nobody)).toBeUndefined();
    expect(loggedIn({ USER: '' })).toBe(userInfo().username);
  });

  it('refuses a start by the only approver of a gate, whom the plan does not name', async () => {
    const { startedBy: _, ...others } = plan;
    const gates = { finish: { approvers: ['cleo'] } };
    const { code, err } = await crossfade(['start', file('own.yaml', stringify({ ...others, gates }))]);
    expect(code).toBe(2);
    expect(err).toContain('gates.finish.quorum: expected at most 0: so many approvers can count without cleo');
  });
});

describe('crossfade nginx-config', () => {
  it('prints what nginx includes, and installs it on request', async () => {
    const directory = join(dir, 'nginx');
    const path = file('traffic.yaml', stringify({ ...plan, traffic: { ...plan.traffic, directory } }));
    const shown = await crossfade(['nginx-config', path]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('split_clients');
    const installed = await crossfade(['nginx-config', path, '--install']);
    expect(installed.err).toBe('');
    expect(installed.code).toBe(0);
    expect(installed.out).toContain(`include ${directory}`);
  });
});

describe('the estimate of the freeze', () => {
  it('adds bakes, and for the longest every extension and gate', () => {
    const hour = 3_600_000;
    expect(estimateFreeze(parsed(plan))).toEqual({
      bakes: 1.25 * hour,
      longest: 1.25 * hour + 3 * (hour / 6) + 24 * hour + 12 * hour,
      gates: ['shift:25', 'finish'],
    });
  });

  it('warns when the bakes alone are longer than the limit', () => {
    expect(describePlan(parsed({ ...plan, freeze: { limit: '1h' } }))).toContain('the upgrade would always hold');
  });

  it('says what `up` and `finish` will do, and which dangers the pair of versions may have', () => {
    const pair = (x: string, y: string, accept: { risk: string; reason: string }[] = []) =>
      describePlan(
        parsed({ ...plan, x: { ...plan.x, version: x }, y: { ...plan.y, version: y }, migrations: { accept } }),
      );
    const demo = pair('3.6.1', '3.7.1');
    expect(demo).toMatch(/up +core\/023_360_to_370 +creates the table clustering_rpc_requests/);
    expect(demo).toMatch(/finish +ai-proxy\/001_360_to_370 +turns log_statistics off/);
    expect(demo).not.toContain('danger');
    expect(pair('3.9.0', '3.9.1')).toContain('none that is known from 3.9.0 to 3.9.1');
    expect(pair('3.4.2', '3.6.1')).toContain('danger up-breaks-x, if plugins of X keep counters');
    const accepted = pair('3.4.2', '3.6.1', [{ risk: 'up-not-repeatable', reason: 'quiet night' }]);
    expect(accepted).toContain('danger up-not-repeatable, of this pair of versions: accepted: “quiet night”');
  });

  it('says what is not accepted and what is turned off', () => {
    const { path: _, ...others } = plan;
    const text = describePlan(parsed({ ...others, watch: '0s', gates: { start: false } }));
    expect(text).toContain('NOT accepted in the plan: preflight refuses it');
    expect(text).toContain('nothing: the plan turns it off');
    expect(text).not.toContain('gate start');
  });
});

describe('the examples', () => {
  it('are plans, and stay the same when they are filled in and read again', () => {
    const folder = fileURLToPath(new URL('../../examples', import.meta.url));
    const files = readdirSync(folder).filter((name) => /\.(ya?ml|json)$/.test(name));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      const { plan: found } = readPlan(join(folder, name));
      expect(parsed(toPlanInput(found)), name).toEqual(found);
    }
  });
});
