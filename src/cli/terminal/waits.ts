import { awaited, wayBack } from '../../domain/status/render-awaits.ts';
import { crossfadeCommandFor } from '../../domain/status/render-commands.ts';
import { plainLine } from '../../domain/status/render-text.ts';
import type { UpgradeStatus } from '../../domain/status/index.ts';
import type { Paint } from '../io.ts';

/** What only a person can decide, each with the command that does it. */
export function waitLines(status: UpgradeStatus, today: string, paint: Paint): string[] {
  const { cluster } = status.upgrade;
  const lines = awaited(status, today).flatMap(({ what, answers }) => [
    '',
    `${paint('yellow', '?')} ${paint('bold', plainLine(what))}`,
    ...answers.map((answer) => `    ${crossfadeCommandFor(cluster, answer)}   ${paint('dim', `# ${answer.means}`)}`),
  ]);
  const back = wayBack(status);
  if (back !== undefined)
    lines.push('', paint('dim', `  to stop: ${crossfadeCommandFor(cluster, back)}   # ${back.means}`));
  return lines;
}
