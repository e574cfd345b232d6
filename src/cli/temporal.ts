import {
  Client,
  Connection,
  isGrpcServiceError,
  NamespaceNotFoundError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { CrossfadeError } from '../domain/errors/index.ts';

/** How long an answer of a worker may take. */
const PATIENCE_MS = 10_000;

/** Connected to Temporal by the profile and variables of the Temporal CLI, TLS and API key included. */
export interface Temporal {
  readonly client: Client;
  /** Does `work` with a deadline for each call, and turns errors into what people understand. */
  ask<T>(work: (client: Client) => Promise<T>): Promise<T>;
}

/** Connects, does the work, disconnects. Errors `TemporalUnreachable`, `TemporalRefused`, `NoWorkerAnswers`. */
export async function withTemporal<T>(work: (temporal: Temporal) => Promise<T>): Promise<T> {
  const { connectionOptions, namespace = 'default' } = loadConfig();
  const { address = 'localhost:7233' } = connectionOptions;
  const explain = (error: unknown): unknown => explainError(error, address, namespace);
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5s' }).catch(
    (error: unknown) => {
      throw explain(error);
    },
  );
  const client = new Client({ connection, namespace });
  const ask = async <R>(asked: (client: Client) => Promise<R>): Promise<R> => {
    try {
      return await connection.withDeadline(Date.now() + PATIENCE_MS, () => asked(client));
    } catch (error) {
      throw explain(error);
    }
  };
  try {
    return await work({ client, ask });
  } finally {
    await connection.close();
  }
}

function loadConfig(): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig();
  } catch (cause) {
    throw new CrossfadeError('TemporalRefused', `The profile for Temporal can't be used: ${messageOf(cause)}`, {
      cause,
    });
  }
}

const GRPC = { unavailable: 14, deadline: 4, denied: 7, unauthenticated: 16, precondition: 9 } as const;

function explainError(error: unknown, address: string, namespace: string): unknown {
  if (error instanceof CrossfadeError || error instanceof WorkflowNotFoundError) return error;
  if (error instanceof NamespaceNotFoundError)
    return new CrossfadeError('TemporalRefused', `Temporal at ${address} has no namespace "${namespace}".`, {
      cause: error,
    });
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return noWorker(error);
  const cause = isGrpcServiceError(error) ? error : error instanceof Error ? error.cause : undefined;
  if (!isGrpcServiceError(cause)) {
    const unreachable = error instanceof Error && /connect/i.test(error.message);
    return unreachable ? temporalUnreachable(address, error) : error;
  }
  switch (cause.code) {
    case GRPC.unavailable:
      return temporalUnreachable(address, cause);
    case GRPC.deadline:
    case GRPC.precondition:
      return noWorker(cause);
    case GRPC.denied:
    case GRPC.unauthenticated:
      return new CrossfadeError('TemporalRefused', `Temporal at ${address} refuses: ${cause.details}`, { cause });
    default:
      return error;
  }
}

const temporalUnreachable = (address: string, cause: unknown): CrossfadeError =>
  new CrossfadeError('TemporalUnreachable', `Temporal does not answer at ${address}.`, { cause });

const noWorker = (cause: unknown): CrossfadeError =>
  new CrossfadeError('NoWorkerAnswers', `No worker answered within ${PATIENCE_MS / 1000} s.`, { cause });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
