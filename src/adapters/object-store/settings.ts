import {
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import type { ObjectParams } from './upload.ts';

const DAY = 86_400_000;
/** Servers keep whole seconds. */
const SECOND = 1_000;

type Settings = Pick<
  ObjectParams,
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'ChecksumAlgorithm'
  | 'Tagging'
>;

/** What the plan wants of an object, as S3 is asked for it. `lockMs`: instead of the days of the plan's lock. */
export function settingsOf({ encryption, lock, tags }: S3Ref, lockMs = (lock?.days ?? 0) * DAY): Settings {
  return {
    ...(encryption === undefined
      ? {}
      : encryption === 'AES256'
        ? { ServerSideEncryption: encryption }
        : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: encryption.kms }),
    ...(lock === undefined || lockMs === 0
      ? {}
      : {
          ObjectLockMode: lock.mode === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE',
          ObjectLockRetainUntilDate: new Date(Math.ceil((Date.now() + lockMs) / SECOND) * SECOND),
          // AWS takes no object to be locked without a checksum.
          ChecksumAlgorithm: 'SHA256',
        }),
    ...(tags === undefined ? {} : { Tagging: tagging(tags) }),
  };
}

const tagging = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&');

/** Asks the server what it made of the settings: some take them and ignore them. Error `S3SettingIgnored`. */
export async function requireSettings(
  client: S3Client,
  s3: S3Ref,
  key: string,
  asked: Settings,
  head: HeadObjectCommandOutput,
): Promise<void> {
  const wrong = [
    encryptionFault(asked, head),
    asked.ObjectLockMode === undefined ? undefined : lockFault(asked, await retention(client, s3.bucket, key, head)),
    s3.tags === undefined ? undefined : await tagsFault(client, s3.bucket, key, s3.tags),
  ].filter((fault) => fault !== undefined);
  if (wrong.length > 0)
    throw new CrossfadeError(
      'S3SettingIgnored',
      `The S3 server took ${key} into bucket "${s3.bucket}" and did not do what was asked: ${wrong.join('; ')}.`,
    );
}

function encryptionFault(asked: Settings, head: HeadObjectCommandOutput): string | undefined {
  const { ServerSideEncryption: wanted, SSEKMSKeyId: key } = asked;
  const { ServerSideEncryption: found, SSEKMSKeyId: foundKey = '' } = head;
  if (wanted === undefined) return undefined;
  if (found !== wanted) return `encryption should be ${wanted} and is ${found ?? 'none'}`;
  // An alias is answered by the key that it stands for at the moment.
  const comparable = key !== undefined && !key.includes('alias/') && foundKey !== '';
  if (comparable && foundKey.split('/').at(-1) !== key.split('/').at(-1))
    return `the key of KMS should be ${key} and is ${foundKey}`;
  return undefined;
}

interface Retention {
  readonly mode?: string | undefined;
  readonly until?: Date | undefined;
}

/** Not every server tells it with the object. */
async function retention(
  client: S3Client,
  Bucket: string,
  Key: string,
  { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, VersionId }: HeadObjectCommandOutput,
): Promise<Retention> {
  if (mode !== undefined) return { mode, until };
  try {
    const { Retention: found } = await client.send(new GetObjectRetentionCommand({ Bucket, Key, VersionId }));
    return { mode: found?.Mode, until: found?.RetainUntilDate };
  } catch (error) {
    if ((error as Error).name === 'NoSuchObjectLockConfiguration') return {};
    throw error;
  }
}

function lockFault(asked: Settings, { mode, until }: Retention): string | undefined {
  const wanted = asked.ObjectLockRetainUntilDate;
  if (mode === asked.ObjectLockMode && until !== undefined && wanted !== undefined && until >= wanted) return undefined;
  const is = mode === undefined || until === undefined ? 'none' : `${mode} until ${until.toISOString()}`;
  return `the lock should be ${asked.ObjectLockMode} until ${wanted?.toISOString()} and is ${is}`;
}

async function tagsFault(
  client: S3Client,
  Bucket: string,
  Key: string,
  tags: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket, Key }));
  const found = new Map(TagSet.map(({ Key: name, Value }) => [name, Value]));
  const missing = Object.entries(tags).filter(([name, value]) => found.get(name) !== value);
  return missing.length === 0 ? undefined : `it has not the tags ${missing.map((pair) => pair.join('=')).join(', ')}`;
}
