import { vi } from 'vitest';

// On a machine that is busy with something else a whole upgrade may take a minute instead of two seconds.
vi.setConfig({ testTimeout: 480_000, hookTimeout: 480_000 });
