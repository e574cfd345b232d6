// Who is connected to Kong's database. X and Y look alike there (same user, application and, on one host, address) unless they log on by
// different roles.

/** Sessions of one kind in Kong's database, Crossfade's own left out. */
export interface DatabaseSessions {
  readonly role: string;
  /** `application_name`; Kong's nodes call themselves `kong`. */
  readonly application: string;
  /** `[local]` for a Unix socket; absent where PostgreSQL hides it from the role that asks. */
  readonly address?: string;
  readonly count: number;
}

/** How sessions of X are known. */
export type HowTold =
  | { readonly by: 'role'; readonly roles: readonly string[] }
  | { readonly by: 'address'; readonly addresses: readonly string[] }
  | { readonly by: 'nothing'; readonly why: string };

/** What is known of one side: the roles by which its nodes log on, and their addresses. */
export interface SideInDatabase {
  readonly roles: readonly string[];
  readonly addresses: readonly string[];
}

export interface TellInput {
  readonly x: SideInDatabase;
  readonly y: SideInDatabase;
  /** Address of Crossfade's own session, as PostgreSQL shows it. */
  readonly ours: string;
  readonly sessions: readonly DatabaseSessions[];
}

/** Told by role where X's and Y's differ; else by address, where no address of X is one of Y's or ours and X is seen at it. */
export function tellApart({ x, y, ours, sessions }: TellInput): HowTold {
  if (x.roles.length > 0 && y.roles.length > 0 && !x.roles.some((role) => y.roles.includes(role)))
    return { by: 'role', roles: x.roles };
  const alike = `X and Y log on by the same role (${x.roles.join(', ')})`;
  const shared = x.addresses.filter((address) => address === ours || y.addresses.includes(address));
  if (x.addresses.length === 0 || shared.length > 0)
    return { by: 'nothing', why: `${alike} and from the same address (${shared.join(', ') || 'none is known'})` };
  // While X runs it has sessions: none at its addresses means that PostgreSQL sees it under others (NAT, a pooler).
  if (!sessions.some(({ address }) => address !== undefined && x.addresses.includes(address)))
    return {
      by: 'nothing',
      why: `${alike}, and PostgreSQL shows no session from X's addresses (${x.addresses.join(', ')})`,
    };
  return { by: 'address', addresses: x.addresses };
}

/** The sessions of X that are left, in words; `undefined` where they can't be told. `others`: addresses of clients that may stay. */
export function sessionsOfX(
  told: HowTold,
  sessions: readonly DatabaseSessions[],
  others: readonly string[],
): string[] | undefined {
  if (told.by === 'nothing') return undefined;
  const isX = ({ role, address = '' }: DatabaseSessions): boolean =>
    !others.includes(address) && (told.by === 'role' ? told.roles.includes(role) : told.addresses.includes(address));
  return sessions
    .filter(isX)
    .map(
      (one) => `${one.count} of ${place(one)}${one.application === 'kong' ? '' : ` (${one.application || 'no name'})`}`,
    );
}

const place = ({ role, address = 'hidden address' }: DatabaseSessions): string => `${role}@${address}`;

/** What is known of Kong in the database: everything else that looks like Kong is a node that the plan does not know. */
export interface KnownClients {
  /** Of X, Y and the plan's `database.user`. */
  readonly roles: readonly string[];
  /** Of the plan's nodes, and of Crossfade. */
  readonly addresses: readonly string[];
  /** Of `sessions.otherClients`: no nodes, and may stay connected. */
  readonly others: readonly string[];
}

/** Sessions that look like Kong's and are from nowhere that is known, as `role@address`. */
export function strangersAmong(sessions: readonly DatabaseSessions[], known: KnownClients): string[] {
  const strange = sessions.filter(({ role, application, address }) => {
    const kongs = known.roles.includes(role);
    if (!kongs && application !== 'kong') return false;
    // A hidden address of a known role can't be judged; that of an unknown one calls itself Kong and is not of the plan.
    return address === undefined ? !kongs : ![...known.addresses, ...known.others].includes(address);
  });
  return [...new Set(strange.map(place))].sort();
}

/** IPv4 addresses also come in the clothes of IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** Nodes at an address of the host itself run beside Crossfade: a server elsewhere sees them under Crossfade's address. */
export const seenBy = (addresses: readonly string[], ours: string): string[] => [
  ...new Set(addresses.flatMap((address) => (isLoopback(address) ? [address, ours] : [address]))),
];

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
