import { plural } from '../plural.ts';
import type { BackupPlan } from './backup.ts';
import type { Plan } from './schema.ts';

/** What the phase `backup` does, line by line. */
export function describeBackup({ backup, database }: Plan): string[] {
  const { s3, encrypt, leaveOut } = backup;
  const others = [
    ...(backup.deck === false ? [] : ['dumps with decK']),
    ...(backup.files.x.length + backup.files.y.length === 0 ? [] : ['stores the static files']),
    'exports the keyring where Kong has one',
  ];
  return [
    `dumps database ${database.name}, ${others.join(', ')}`,
    ...(leaveOut.length === 0 ? [] : [`leaves out the rows of ${leaveOut.join(', ')}`]),
    `to s3://${s3.bucket}/${s3.prefix}${s3.endpoint === undefined ? '' : ` on ${s3.endpoint}`}, ${
      encrypt === undefined
        ? 'not encrypted by Crossfade'
        : `encrypted with age for ${plural(encrypt.recipients.length, 'recipient')}`
    }; every object is read back`,
    describeDrill(backup.restoreDrill),
    'repeats the preflight on the frozen state',
  ];
}

function describeDrill(drill: BackupPlan['restoreDrill']): string {
  if (drill === false) return 'no restore drill: the plan turns it off';
  const where = drill === true ? '' : ` on ${drill.on.host}:${drill.on.port}`;
  return `restores the dump into a scratch database${where} and compares`;
}

export const describeRetention = ({ backup: { retention } }: Plan): string[] =>
  retention === undefined
    ? []
    : [
        `at the end removes backups of this cluster that are older than ${plural(retention.days, 'day')}; the newest ${retention.atLeast} stay`,
      ];
