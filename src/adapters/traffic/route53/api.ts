import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type Change,
  type ListResourceRecordSetsCommandInput,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { absoluteName, plainName } from '../dns/names.ts';
import { route53Error } from './errors.ts';

const CONNECT_TIMEOUT = 5_000;
const TIMEOUT = 15_000;
/** The client itself waits and tries again: requests that fail, and those of which there are too many (5 a second for an account). */
const ATTEMPTS = 3;
/** More record sets than this under one name are nobody's intention. */
const MOST_PAGES = 20;

/** What Crossfade asks of one hosted zone. Errors of all: `BalancerUnreachable`, `BalancerRefused`, `BalancerBusy`, `BalancerNonsense`. */
export interface ZoneApi {
  /** Error `BalancerNotPrepared` without such a zone. */
  zone(): Promise<{ readonly name: string }>;
  /** Every record set of exactly this name, those included that Route 53 does not answer with everywhere yet. */
  recordSets(name: string): Promise<readonly ResourceRecordSet[]>;
  /** All of the changes or none. `refused`: they don't fit to what is there. */
  change(changes: readonly Change[]): Promise<{ readonly id: string } | { readonly refused: string }>;
  /** Whether all servers of Route 53 answer by a change. */
  status(id: string): Promise<'PENDING' | 'INSYNC' | 'unknown'>;
}

/** As AWS's consoles and programs give it: with a path before it. */
export const zoneId = ({ zone }: Pick<EntryVia<'route53'>, 'zone'>): string => zone.replace(/^\/?hostedzone\//, '');

/** Runs `work` with a client of its own. Credentials are found as AWS's tools do. */
export async function withZone<T>(entry: EntryVia<'route53'>, work: (api: ZoneApi) => Promise<T>): Promise<T> {
  const client = new Route53Client({
    region: entry.region,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      ...{ connectionTimeout: CONNECT_TIMEOUT, requestTimeout: TIMEOUT },
      throwOnRequestTimeout: true,
    },
    ...(entry.endpoint === undefined ? {} : { endpoint: entry.endpoint }),
  });
  try {
    return await work(zoneApi(client, zoneId(entry)));
  } finally {
    client.destroy();
  }
}

function zoneApi(client: Route53Client, HostedZoneId: string): ZoneApi {
  const where = `hosted zone ${HostedZoneId}`;
  /** `read` gives `undefined` for an answer that is not one. */
  async function ask<Answer, T>(
    action: string,
    send: () => Promise<Answer>,
    read: (answer: Answer) => T | undefined,
  ): Promise<T> {
    const answer = await send().catch((error: unknown) => {
      throw route53Error(error, `route53:${action}`, where);
    });
    const result = read(answer);
    if (result !== undefined) return result;
    const text = `What answers is not Route 53 (route53:${action}, ${where}): the answer lacks what Route 53 always says.`;
    throw new CrossfadeError('BalancerNonsense', text);
  }

  return {
    zone: () =>
      ask(
        'GetHostedZone',
        () => client.send(new GetHostedZoneCommand({ Id: HostedZoneId })),
        ({ HostedZone: zone }) => (zone?.Name === undefined ? undefined : { name: plainName(zone.Name) }),
      ),

    async recordSets(name) {
      const found: ResourceRecordSet[] = [];
      let next: Partial<ListResourceRecordSetsCommandInput> = { StartRecordName: absoluteName(name) };
      for (let page = 1; page <= MOST_PAGES; page++) {
        const { sets, more, ...start } = await ask(
          'ListResourceRecordSets',
          () => client.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...next })),
          ({ ResourceRecordSets, IsTruncated, NextRecordName, NextRecordType, NextRecordIdentifier }) => {
            if (!Array.isArray(ResourceRecordSets) || typeof IsTruncated !== 'boolean') return undefined;
            if (ResourceRecordSets.some(({ Name, Type }) => Name === undefined || Type === undefined)) return undefined;
            return {
              ...{ sets: ResourceRecordSets, more: IsTruncated, StartRecordName: NextRecordName },
              ...{ StartRecordType: NextRecordType, StartRecordIdentifier: NextRecordIdentifier },
            };
          },
        );
        // They come in the order of their names, beginning with this one.
        found.push(...sets.filter((set) => plainName(set.Name ?? '') === name));
        if (!more || plainName(start.StartRecordName ?? '') !== name) return found;
        next = start;
      }
      const text = `${where} has more record sets for ${name} than anybody can have wanted, or never ends to list them.`;
      throw new CrossfadeError('BalancerNonsense', text);
    },

    change: (changes) =>
      ask(
        'ChangeResourceRecordSets',
        async () => {
          const ChangeBatch = { Comment: 'Crossfade', Changes: [...changes] };
          return client
            .send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }))
            .catch((error: unknown) => {
              const { name, message } = error as Error;
              if (name === 'InvalidChangeBatch') return { refused: message };
              throw error;
            });
        },
        (answer) => {
          if ('refused' in answer) return answer;
          const id = answer.ChangeInfo?.Id;
          return id === undefined ? undefined : { id };
        },
      ),

    status: (id) =>
      ask(
        'GetChange',
        () =>
          client.send(new GetChangeCommand({ Id: id })).catch((error: unknown) => {
            if ((error as Error).name === 'NoSuchChange') return 'unknown' as const;
            throw error;
          }),
        (answer) => (answer === 'unknown' ? answer : answer.ChangeInfo?.Status),
      ),
  };
}
