/** What the planner must know of a job that waits for evaluation. */
export interface PendingJob {
  /** Tokens not evaluated yet, at least 1. */
  readonly remaining: number;
  /** How many of the last tokens need logits. All of them go in one batch: logits live until the next decode. */
  readonly outputs: number;
  /** 1 (lowest) to 5. */
  readonly priority: number;
  /** Order of arrival. */
  readonly arrival: number;
}

export interface BatchLimits {
  /** Tokens a batch can hold. */
  readonly batchSize: number;
  /** Tokens of prompts in the batch, given the tokens of steps in it. */
  readonly promptRoom: (stepTokens: number) => number;
}

/** Part of a batch: the next `count` tokens of a job. */
export interface BatchShare<Job extends PendingJob> {
  readonly job: Job;
  readonly count: number;
  /** All that the job waits for, and little: a step of a running reply. Otherwise part of a prompt. */
  readonly isStep: boolean;
}

/** A job this short goes along with every batch: a generated token, a short forced run or a draft. */
export const stepTokensMax = 8;

/**
 * Composes the next batch. Steps of running replies go first, all of them together; prompts share the room
 * for them in order of priority, then of arrival. Jobs of a lower priority wait while one of a higher priority has a
 * prompt to read, so a completion never delays a question. The first job always gets room: nobody starves at equal
 * priority.
 */
export function planBatch<Job extends PendingJob>(
  jobs: readonly Job[],
  limits: BatchLimits,
): BatchShare<Job>[] {
  const ordered = [...jobs].sort((a, b) => b.priority - a.priority || a.arrival - b.arrival);
  const stepMax = Math.min(stepTokensMax, limits.batchSize);
  const steps = ordered.filter((job) => job.remaining <= stepMax);
  const prompts = ordered.filter((job) => job.remaining > stepMax);
  const shares: BatchShare<Job>[] = [];
  let room = limits.batchSize;
  for (const job of steps) {
    if (job.remaining > room) break;
    shares.push({ job, count: job.remaining, isStep: true });
    room -= job.remaining;
  }
  let promptRoom = prompts.length === 0 ? 0 : Math.min(room, limits.promptRoom(limits.batchSize - room));
  const highest = prompts[0]?.priority;
  for (const job of prompts) {
    if (promptRoom === 0 || job.priority !== highest) break;
    const fitting = Math.min(job.remaining, promptRoom);
    const count = fitting === job.remaining ? fitting : Math.min(fitting, job.remaining - job.outputs);
    shares.push({ job, count, isStep: false });
    promptRoom -= count;
  }
  return shares;
}
