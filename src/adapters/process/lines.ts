import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** More than this of one stream is never looked at; a command that goes mad must not fill the worker's memory. */
const MOST = 1_000_000;

/** Collects the text of a stream (its end, if it is very long) and gives each line to `onLine` as it comes. */
export function collectLines(stream: Readable, onLine: ((line: string) => void) | undefined): () => string {
  const decoder = new StringDecoder('utf8');
  let text = '';
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const piece = decoder.write(chunk);
    text = (text + piece).slice(-MOST);
    const lines = (rest + piece).split('\n');
    rest = (lines.pop() ?? '').slice(-MOST);
    for (const line of lines) onLine?.(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine?.(rest);
    rest = '';
  });
  return () => text;
}
