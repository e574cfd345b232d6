import type { PossibleAnswer } from './render-awaits.ts';

/** For a POSIX shell; bare where that is safe. */
export const shellQuote = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The plain Temporal command that sends the answer, ready to paste but for the name. */
export function commandFor(workflowId: string, answer: PossibleAnswer): string {
  const { message, gate, finding, phase, reason } = answer;
  const payload = {
    by: 'YOUR-NAME',
    ...(gate === undefined ? {} : { gate }),
    ...(finding === undefined ? {} : { finding }),
    ...(phase === undefined ? {} : { phase }),
    ...(reason ? { reason: 'WHY' } : {}),
  };
  return `temporal workflow signal -w ${shellQuote(workflowId)} --name ${message} --input ${shellQuote(JSON.stringify(payload))}`;
}

/** The same answer by the `crossfade` command. */
export function crossfadeCommandFor(cluster: string, answer: PossibleAnswer): string {
  const { message, gate, finding, phase, reason } = answer;
  const options = [
    ...(gate === undefined ? [] : ['--gate', gate]),
    ...(finding === undefined ? [] : ['--finding', finding]),
    ...(phase === undefined ? [] : ['--phase', phase]),
    ...(reason ? ['--reason', 'WHY'] : []),
  ];
  return ['crossfade', message, cluster, ...options].map(shellQuote).join(' ');
}
