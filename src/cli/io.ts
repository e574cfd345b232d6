import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** Colours a text, or leaves it alone where that would only be noise (no terminal, NO_COLOR). */
export type Paint = (style: Style, text: string) => string;

export const noPaint: Paint = (_, text) => text;

export const paintFor =
  (stream: NodeJS.WriteStream): Paint =>
  (style, text) =>
    styleText(style, text, { stream });

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

export const printError = (text: string): void => void process.stderr.write(`${text}\n`);
