import { fieldsOf, listOf, type Fault } from './fault.ts';

const NOT_REHEARSED = 'finish-not-rehearsed';

/** What can't work of `backup`, whatever else the plan says. */
export function backupFaults(plan: Readonly<Record<string, unknown>>): Fault[] {
  const backup = fieldsOf(plan['backup']);
  const files = backup['files'];
  const lists = Array.isArray(files)
    ? [['backup.files', files] as const]
    : Object.entries(fieldsOf(files)).map(([side, list]) => [`backup.files.${side}`, list] as const);
  return [
    ...unreadable(backup, fieldsOf(plan['migrations'])),
    ...twice('backup.encrypt.recipients', fieldsOf(backup['encrypt'])['recipients']),
    ...lists.flatMap(([path, list]) => twice(path, list)),
  ];
}

/** The restore drill and the rehearsal of `finish` read the backup. */
function unreadable(backup: Readonly<Record<string, unknown>>, migrations: Readonly<Record<string, unknown>>): Fault[] {
  const encrypt = backup['encrypt'];
  if (encrypt === undefined || fieldsOf(encrypt)['identity'] !== undefined) return [];
  const waived = listOf(migrations['accept']).some((one) => fieldsOf(one)['risk'] === NOT_REHEARSED);
  const readers = [
    ...(backup['restoreDrill'] === false ? [] : ['the restore drill (`backup.restoreDrill`)']),
    ...(waived ? [] : [`the rehearsal of \`finish\` (\`${NOT_REHEARSED}\` in \`migrations.accept\` does without)`]),
  ];
  if (readers.length === 0) return [];
  const message = `is needed to read the backup: ${readers.join(' and ')} can't without`;
  return [{ path: 'backup.encrypt.identity', message }];
}

function twice(path: string, list: unknown): Fault[] {
  const all = listOf(list);
  return all.flatMap((one, index) => {
    const first = all.indexOf(one);
    if (first === index) return [];
    return [{ path: `${path}[${index}]`, message: `is the same as ${path}[${first}]` }];
  });
}
