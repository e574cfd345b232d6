import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { payloadConverterPath } from './bundle.ts';

/** The worker's connection, by the same profile and variables as the Temporal CLI (`TEMPORAL_*`), TLS and API key included. */
export async function connect(): Promise<{ connection: NativeConnection; client: Client; namespace: string }> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const { address = 'localhost:7233' } = connectionOptions;
  try {
    const connection = await NativeConnection.connect(connectionOptions);
    const client = new Client({ connection, namespace, dataConverter: { payloadConverterPath } });
    return { connection, client, namespace };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Temporal does not answer at ${address}: ${reason}. The address comes from TEMPORAL_ADDRESS or the profile of the Temporal CLI.`,
      { cause },
    );
  }
}
