import type { KongHttp } from '../adapters/kong/port.ts';
import type { Secrets } from '../adapters/secrets.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { NodeAddresses, TextOrSecret } from '../domain/plan/index.ts';
import { differences, unmet, type Answer } from '../domain/stage-answers.ts';
import type { StageActivities } from './contract.ts';

export interface StageDeps {
  readonly http: Pick<KongHttp, 'request'>;
  readonly secrets: Pick<Secrets, 'resolve'>;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, TextOrSecret>>;
  readonly body?: string | undefined;
}

/** A node that does not answer is a result like another: all failures are reported at once. */
type Outcome = { readonly answer: Answer } | { readonly silence: string };

export function createStageActivities({ http, secrets }: StageDeps): StageActivities {
  async function send(node: NodeAddresses, { method, path, headers, body }: Request): Promise<Outcome> {
    const resolved = Object.entries(headers).map(([name, value]) => [name, secrets.resolve(value)]);
    const request = { method, path, headers: Object.fromEntries(resolved) as Record<string, string> };
    try {
      const answer = await http.request(node, body === undefined ? request : { ...request, body });
      const lower = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]);
      return { answer: { ...answer, headers: Object.fromEntries(lower) as Record<string, string> } };
    } catch (error) {
      if (!(error instanceof CrossfadeError) || error.code !== 'NodeUnreachable') throw error;
      return { silence: error.message };
    }
  }

  return {
    async runTests({ side, cluster, tests }) {
      // One node after the other: tests that write must not meet themselves.
      const failures: string[] = [];
      for (const node of cluster.nodes) {
        for (const test of tests) {
          const outcome = await send(node, test);
          const faults = 'answer' in outcome ? unmet(test.expect, outcome.answer) : [outcome.silence];
          if (faults.length > 0) failures.push(`"${test.name}" on ${node.name}: ${faults.join('; ')}`);
        }
      }
      const all = tests.length * cluster.nodes.length;
      if (failures.length === 0) return { passed: all, nodes: cluster.nodes.length };
      const message = `${failures.length} of ${all} tests failed on ${side.toUpperCase()}: ${list(failures)}`;
      throw new CrossfadeError('TestsFailed', message);
    },

    async compareAnswers({ x, y, compare }) {
      const found: string[] = [];
      for (const request of compare) {
        const what = `${request.method} ${request.path}`;
        const reference = await firstAnswer(x.nodes, (node) => send(node, request));
        for (const node of y.nodes) {
          const outcome = await send(node, request);
          const different =
            'answer' in outcome ? differences(reference.answer, outcome.answer, request.ignore) : [outcome.silence];
          if (different.length > 0)
            found.push(`${what} on ${reference.node} and ${node.name}: ${different.join(', ')}`);
        }
      }
      const compared = compare.length * y.nodes.length;
      if (found.length === 0) return { compared };
      throw new CrossfadeError('AnswersDiffer', `${found.length} of ${compared} answers differ: ${list(found)}`);
    },
  };
}

/** A message of some hundred failures would help nobody. */
const MOST_LISTED = 20;

function list(texts: readonly string[]): string {
  const more = texts.length > MOST_LISTED ? [`and ${texts.length - MOST_LISTED} more`] : [];
  return [...texts.slice(0, MOST_LISTED), ...more].join(' | ');
}

/** Any node of X will do; only if none answers there is nothing to compare with. */
async function firstAnswer(
  nodes: readonly NodeAddresses[],
  send: (node: NodeAddresses) => Promise<Outcome>,
): Promise<{ node: string; answer: Answer }> {
  const silences: string[] = [];
  for (const node of nodes) {
    const outcome = await send(node);
    if ('answer' in outcome) return { node: node.name, answer: outcome.answer };
    silences.push(outcome.silence);
  }
  throw new CrossfadeError('NodeUnreachable', silences.join(' '));
}
