import { readdirSync, readFileSync } from 'node:fs';
import { ADD_ACME_REDIS, addLimiterRedis, DROP_ACME_REDIS, dropLimiterRedis } from './redis-records.ts';
import { atLeast, type KongVersion } from './versions.ts';

/** What one migration does: SQL for `up`, and for `finish` where Kong's has a teardown. */
export interface Migration {
  readonly up: string;
  readonly teardown?: string;
}

const SQL = new URL('./sql/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, SQL), 'utf8');

/**
 * A subsystem's tables as 3.4.2 leaves them come with its first migration; the later ones up to 3.4 then have nothing
 * left to do, but are recorded one by one.
 */
function baseTables(subsystem: string): string {
  if (subsystem !== 'core') return read(`${subsystem}.sql`);
  return readdirSync(new URL('core/', SQL))
    .filter((file) => /^\d-/.test(file))
    .sort()
    .map((file) => read(`core/${file}`))
    .join('\n');
}

/** Old migrations with a teardown: it is why their row in schema_meta has an empty `pending` instead of none. */
const OLD_TEARDOWNS = new Set([
  ...['core/009_200_to_210', 'core/012_213_to_220', 'core/016_280_to_300'],
  ...['acl/003_200_to_210', 'acl/004_212_to_213', 'basic-auth/003_200_to_210', 'hmac-auth/003_200_to_210'],
  ...['jwt/003_200_to_210', 'key-auth/003_200_to_210', 'oauth2/004_200_to_210', 'bot-detection/001_200_to_210'],
  ...['ip-restriction/001_200_to_210', 'http-log/001_280_to_300', 'pre-function/001_280_to_300'],
  'post-function/001_280_to_300',
]);

const AI_PROXY = `UPDATE plugins SET config = jsonb_set(config, '{logging,log_statistics}', 'false')
  WHERE name = 'ai-proxy' AND config #>> '{model,provider}' IN ('anthropic', 'cohere')
    AND config #> '{logging,log_statistics}' = 'true';`;
const OPENTELEMETRY = `UPDATE plugins SET config = jsonb_set(config, '{queue,max_batch_size}', '200')
  WHERE name = 'opentelemetry' AND config #> '{queue,max_batch_size}' = '1';`;

/** A migration that adds what the new release reads, and removes what only the old one read. */
function twoSteps(version: KongVersion, add: string, remove: string): Migration {
  return atLeast(version, '3.7.1') ? { up: add, teardown: remove } : { up: `${add}\n${remove}` };
}

/** The work of a release's migration. Throws for a subsystem without data files. */
export function migration(version: KongVersion, subsystem: string, name: string): Migration {
  switch (`${subsystem}/${name}`) {
    case 'core/021_340_to_350':
    case 'core/022_350_to_360':
    case 'core/023_360_to_370':
    case 'core/024_380_to_390':
      return { up: read(`${subsystem}/${name}.sql`) };
    case 'acme/003_350_to_360':
      return twoSteps(version, ADD_ACME_REDIS, DROP_ACME_REDIS);
    case 'rate-limiting/006_350_to_360':
    case 'response-ratelimiting/001_350_to_360':
      return twoSteps(version, addLimiterRedis(subsystem), dropLimiterRedis(subsystem));
    case 'ai-proxy/001_360_to_370':
      return { up: '', teardown: AI_PROXY };
    case 'opentelemetry/001_331_to_332':
      return { up: '', teardown: OPENTELEMETRY };
    default: {
      const up = name.startsWith('000_base') ? baseTables(subsystem) : '';
      return OLD_TEARDOWNS.has(`${subsystem}/${name}`) ? { up, teardown: '' } : { up };
    }
  }
}

/** The tables that exist before any migration: the record of migrations and the locks. */
export function setupTables(): string {
  return read('setup.sql');
}
