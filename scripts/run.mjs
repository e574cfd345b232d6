// Runs a TypeScript file of this project under Node 24, from whatever Node (>= 18) and whatever state of
// `node_modules` a fresh clone has. Imports nothing that is not in Node itself.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);
if (script === undefined || script.startsWith('-')) {
  console.error('usage: node scripts/run.mjs FILE.ts [arguments]');
  process.exit(2);
}

installDependencies();
const node = nodeCommand();
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
  stdio: 'inherit',
  env: {
    // Every program that is started from here begins in half the time once its modules were compiled before.
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node'),
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));

/** `npm ci`, but only when the lock file is not the one that was installed last. */
function installDependencies() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules/.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const started = Date.now();
  process.stderr.write('Installing npm packages ...\n');
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    console.error('`npm ci` failed (above). Is the npm registry reachable?');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  process.stderr.write(`Installing npm packages: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** The Node that npm brought (an optional dependency), or the running one if it is new enough. */
function nodeCommand() {
  const brought = join(root, 'node_modules/.bin/node');
  if (existsSync(brought)) return brought;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error(
    `Crossfade needs Node 24 or newer; this is ${process.version}, and npm has no Node 24 for ${process.platform} ${process.arch}.`,
  );
  process.exit(1);
}
