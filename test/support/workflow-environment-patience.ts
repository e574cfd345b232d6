import { vi } from 'vitest';

// On a machine that is busy with something else a whole upgrade may take a minute instead of two seconds.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
