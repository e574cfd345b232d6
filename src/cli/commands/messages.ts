import { InvalidArgumentError, Option, type Command } from 'commander';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { MESSAGES, PHASES, RESTORE_STEPS, type MessageName } from '../../domain/names.ts';
import { plainLine } from '../../domain/status/render-text.ts';
import { EXIT } from '../exit-codes.ts';
import { print, printError } from '../io.ts';
import { byOption } from '../options.ts';
import { withTemporal, type Temporal } from '../temporal.ts';
import { openUpgrade } from '../upgrade.ts';

const PURPOSE: Record<MessageName, string> = {
  approve: 'approve an open gate; without --gate it must be the only open one',
  reject: 'reject an open gate: before traffic it ends, later all traffic goes back to X',
  pause: 'pause before the next phase or step; the watch goes on',
  resume: 'end a pause',
  abort: 'all traffic back to X, then undo everything',
  retry: 'answer a hold: go on at the phase that failed, or an earlier one',
  abandon: 'answer a hold: undo everything',
  accept: 'let go of a named finding, drift or stuck undo, with a reason',
};

/** One command per message. All are updates, so that the answer is printed: what happens now, or why it was refused. */
export function messageCommands(program: Command, done: (code: number) => void): void {
  for (const name of MESSAGES) {
    const command = program
      .command(name)
      .summary(PURPOSE[name])
      .description(`${PURPOSE[name]}.`)
      .argument('<cluster>', 'as in the plan')
      .addOption(byOption('who says so'));
    if (name === 'approve' || name === 'reject')
      command.option('--gate <gate>', 'start, shift:<weight>, finish, decommission or restore');
    if (name === 'retry') command.option('--phase <phase>', `where to go on: ${PHASES.join(', ')}`, aPhase);
    if (name === 'accept')
      command.requiredOption('--finding <finding>', "a rule's name, drift, undo:<name> or balancer:<name>");
    command.option('--comment <text>', 'recorded with it');
    if (name !== 'approve') command.addOption(reasonOption(name));
    command.action(async (cluster: string, payload: Record<string, string>) => {
      done(await withTemporal((temporal) => send(temporal, cluster, name, payload)));
    });
  }
}

const reasonOption = (name: MessageName): Option =>
  new Option('--reason <text>', 'why; recorded').conflicts('comment').makeOptionMandatory(name === 'accept');

function aPhase(value: string): string {
  if ([...PHASES, ...RESTORE_STEPS].some((name) => name === value)) return value;
  throw new InvalidArgumentError(`Phases are ${PHASES.join(', ')}.`);
}

async function send(
  temporal: Temporal,
  cluster: string,
  name: MessageName,
  payload: Record<string, string>,
): Promise<number> {
  const { handle } = openUpgrade(temporal, cluster);
  try {
    const answer = await temporal.ask(() => handle.executeUpdate<string, [object]>(name, { args: [payload] }));
    print(`${cluster}: ${plainLine(answer, 2_000)}`);
    return EXIT.fine;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      printError(`${cluster}: ${name} was refused: ${plainLine(error.cause?.message ?? error.message, 2_000)}`);
      return EXIT.refused;
    }
    if (error instanceof WorkflowNotFoundError) throw await ended(temporal, cluster, name, error);
    throw error;
  }
}

/** Temporal says "not found" of a workflow that has ended, too. */
async function ended(temporal: Temporal, cluster: string, name: MessageName, cause: Error): Promise<unknown> {
  const { handle } = openUpgrade(temporal, cluster);
  const description = await temporal.ask(() => handle.describe()).catch(() => undefined);
  if (description === undefined)
    return new CrossfadeError('NoUpgrade', `${cluster} has no upgrade: there is no workflow ${handle.workflowId}.`, {
      cause,
    });
  const at = description.closeTime?.toISOString().slice(0, 19).replace('T', ' ');
  return new CrossfadeError(
    'UpgradeEnded',
    `${name} came too late: the upgrade of ${cluster} ended at ${at ?? '?'} UTC.`,
    {
      cause,
    },
  );
}
