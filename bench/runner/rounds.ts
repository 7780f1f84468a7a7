import type { Settings, SideName, Workload } from "./protocol.ts";
import { type Sample, takeSample } from "./sample.ts";

/** One sample of every side, taken one after the other. */
export interface Round {
  readonly number: number;
  /** Somebody else used the processor during one of the samples: the whole round does not count. */
  readonly void: boolean;
  readonly samples: Partial<Record<SideName, Sample>>;
}

export interface RoundPlan {
  readonly workload: Workload;
  readonly sides: readonly SideName[];
  readonly rounds: number;
  readonly settings: Omit<Settings, "seed">;
  /** Counts disturbed rounds as well; the report says so. */
  readonly keepDisturbed: boolean;
  readonly onSample: (side: SideName, round: number, sample: Sample) => void;
}

/** Every side is first, second and last equally often. */
function rotated(sides: readonly SideName[], by: number): SideName[] {
  const from = by % sides.length;
  return [...sides.slice(from), ...sides.slice(0, from)];
}

/** A side that runs out of its budget is sampled no oftener than this: more of the same tells nothing. */
const cutSamplesMax = 3;

/** Whether more samples of a side are wanted after this one. */
function isOver(sample: Sample, rounds: readonly Round[]): boolean {
  if (sample.answer.kind !== "outcome") return true;
  return sample.answer.outcome.cut === true && rounds.length >= cutSamplesMax;
}

async function takeRound(plan: RoundPlan, number: number, sides: readonly SideName[]): Promise<Round> {
  const samples: Partial<Record<SideName, Sample>> = {};
  for (const side of rotated(sides, number)) {
    const task = { workload: plan.workload.id, side, settings: { ...plan.settings, seed: number } };
    const sample = await takeSample(task);
    samples[side] = sample;
    plan.onSample(side, number, sample);
  }
  return { number, samples, void: Object.values(samples).some((sample) => sample.disturbed) };
}

/**
 * Rounds until enough of them count, or until twice as many were taken.
 * A side that failed or cannot do the workload is left out from then on, one that is too slow after a few rounds.
 */
export async function takeRounds(plan: RoundPlan): Promise<Round[]> {
  const rounds: Round[] = [];
  let sides = plan.sides;
  const counting = () => rounds.filter((round) => plan.keepDisturbed || !round.void).length;
  while (counting() < plan.rounds && rounds.length < 2 * plan.rounds && sides.length > 0) {
    const round = await takeRound(plan, rounds.length, sides);
    rounds.push(round);
    sides = sides.filter((side) => !isOver(round.samples[side]!, rounds));
  }
  return rounds;
}
