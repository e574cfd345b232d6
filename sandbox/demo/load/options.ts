/** Clients of one kind: each sends a request, waits for the answer, and sends the next one `everyMs` after the one before. */
export interface ClientsOfOneKind {
  readonly clients: number;
  readonly everyMs: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly keepAlive: ClientsOfOneKind;
  /** A new connection for each request. */
  readonly newConnections: ClientsOfOneKind;
}

/** 220 requests/s on 22 connections that are kept, 50 on new ones. */
export const STEADY: Pick<LoadOptions, 'keepAlive' | 'newConnections'> = {
  keepAlive: { clients: 22, everyMs: 100 },
  newConnections: { clients: 10, everyMs: 200 },
};
