import { refusals, type Finding } from '../../domain/findings.ts';
import type { BackupMeans } from '../../activities/contract.ts';
import { addressesOf } from '../../domain/plan/addresses.ts';
import type { Plan } from '../../domain/plan/index.ts';
import { passGate } from '../gate.ts';
import { Interruption } from '../interruption.ts';
import { run } from '../proxies.ts';
import { together } from '../together.ts';
import type { Upgrade } from '../upgrade.ts';
import { plural } from '../../domain/plural.ts';

/** Checks everything that can be checked without changing anything, then asks people whether to start. */
export async function preflight(u: Upgrade): Promise<string> {
  const { journal, plan } = u;
  const found = await check(u, false);
  const refused = refusals(found);
  if (refused.length > 0) {
    const reasons = refused.map(({ rule, message }) => `${rule}: ${message}`);
    throw new Interruption('refused', `preflight refuses the upgrade: ${reasons.join('; ')}`, {
      code: 'PreflightRefused',
    });
  }
  const { passed } = await run(u.acts.stage.runTests, 'X passes the tests before anything is changed', {
    side: 'x' as const,
    cluster: addressesOf(plan.x),
    tests: plan.stage.tests,
  });
  if (plan.gates.start !== false) await passGate(u, 'start', plan.gates.start);
  const warnings = journal.status.findings.filter(({ level }) => level === 'warn').length;
  return `${plural(found.length, 'check')}, ${plural(warnings, 'warning')}, ${plural(passed, 'test')} passed on X`;
}

/** The same rules on the frozen state. What is refused now can be let go by a person, by name. */
export async function preflightAgain(u: Upgrade): Promise<void> {
  const { control } = u;
  const open = refusals(await check(u, true)).filter(({ rule, message }) => control.letGo.get(rule) !== message);
  if (open.length === 0) return;
  for (const { rule, message } of open) control.openFindings.set(rule, message);
  const reasons = open.map(({ rule, message }) => `${rule}: ${message}`);
  throw new Interruption('failed', `preflight on the frozen state: ${reasons.join('; ')}`, {
    code: 'PreflightRefused',
  });
}

async function check(u: Upgrade, frozen: boolean): Promise<readonly Finding[]> {
  const { plan, acts, ref, journal } = u;
  const { database } = plan;
  const encrypted = plan.backup.encrypt !== undefined;
  const hosts = frozen ? { x: acts.hostOfX, y: acts.hostOfY, balancer: acts.traffic } : acts.firstLook;
  const [rules, balancers, ofX, ofY] = await together(
    () => run(acts.preflight.checkRules, 'rules over the network and the database', { plan, upgrade: ref, frozen }),
    () =>
      together(
        ...u.balancers.map((at) => () => run(hosts.balancer(at.host).checkBalancer, `the balancer ${at.name}`, { at })),
      ),
    () =>
      run(hosts.x.checkHost, "X's host", {
        ...{ side: 'x' as const, cluster: plan.x, database, files: plan.backup.files.x, encrypted },
      }),
    () =>
      run(hosts.y.checkHost, "Y's host", {
        side: 'y' as const,
        cluster: plan.y,
        database,
        files: plan.backup.files.y,
        encrypted,
        backup: backupMeans(plan),
        pair: { x: plan.x.version, accept: plan.migrations.accept, s3Prefix: plan.backup.s3.prefix },
      }),
  );
  const found = [...rules, ...balancers.flat(), ...ofX, ...ofY];
  journal.status.findings = found;
  return found;
}

function backupMeans({ x, backup: { deck, encrypt, restoreDrill } }: Plan): BackupMeans {
  return {
    ...{ deck, admin: x.nodes[0]?.admin ?? '', access: x.admin },
    ...(encrypt === undefined ? {} : { encrypt }),
    ...(typeof restoreDrill === 'object' ? { on: restoreDrill.on } : {}),
  };
}
