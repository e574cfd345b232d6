import { paintFor } from '../../../src/cli/io.ts';
import { openScreen } from '../../../src/cli/terminal/screen.ts';
import { renderTree } from '../../../src/cli/terminal/tree.ts';
import type { Load } from '../load/index.ts';
import { describeClients, type Story } from './story.ts';

const NOTES_SHOWN = 5;

/** For a terminal: the tree of `crossfade status --watch`, and below it what the demo does and what the clients see. */
export function tellLive(load: Load, stream: NodeJS.WriteStream): Story {
  const screen = openScreen(stream);
  const paint = paintFor(stream);
  const notes: string[] = [];
  const close = () => screen.close();
  process.once('exit', close);
  return {
    tell({ status, live }) {
      const { columns } = stream;
      const tree = renderTree({ status, live, now: Date.now(), columns, paint });
      const below = [...notes.slice(-NOTES_SHOWN), describeClients(load)].map((line) => line.slice(0, columns - 1));
      screen.draw([...tree, '', ...below]);
    },
    note: (line) => void notes.push(line),
    close() {
      process.off('exit', close);
      close();
    },
  };
}
