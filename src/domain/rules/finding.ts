import type { Finding } from '../findings.ts';

export const pass = (rule: string, message: string): Finding => ({ rule, level: 'pass', message });

export const warn = (rule: string, message: string, hint: string): Finding => ({ rule, level: 'warn', message, hint });

export const refuse = (rule: string, message: string, hint: string): Finding => ({
  rule,
  level: 'refuse',
  message,
  hint,
});
