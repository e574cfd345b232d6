// One arm, once: `process.ts JOB` (JSON). Prints what it took as one line of JSON.
import { createArms, type Job } from './arms.ts';

const job = JSON.parse(process.argv[2] ?? '') as Job;
const { warmUp, ...arms } = createArms(job);
const arm = arms[job.arm];
const MB = 1024 * 1024;

await warmUp();
const rssBefore = process.memoryUsage.rss();
const began = performance.now();
const outcome = await arm();
const ms = outcome.ms ?? performance.now() - began;
// In kilobytes, as the kernel counts it for this process alone.
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const growthMB = Math.max(0, (maxRSS * 1024 - rssBefore) / MB);
const cpuMs = (userCPUTime + systemCPUTime) / 1_000;
console.log(JSON.stringify({ ...outcome, ms, growthMB, cpuMs }));
