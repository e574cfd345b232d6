const PREFIX = 'balancer:';

/** What a person accepts to go on without a balancer that is gone: that it takes no requests any more. */
export const findingOfBalancer = (name: string): string => `${PREFIX}${name}`;

export const isOfBalancer = (finding: string): boolean => finding.startsWith(PREFIX);
