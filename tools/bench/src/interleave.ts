// Measures contenders in turn, A B C A B C, so that whatever else the machine does falls on all of them.
import type { Contender, Measured, Outcome } from "./contender.ts";
import type { Task } from "./task.ts";

export interface Pace {
  /** How often each contender's turn comes. */
  readonly rounds: number;
  /** Of a turn. */
  readonly milliseconds: number;
  /** A contender whose repetitions take longer has no further turn. */
  readonly patienceSeconds: number;
}

/** What each contender measured in all its turns together, in the contenders' order. */
export async function interleave(
  contenders: readonly Contender[],
  task: Task,
  { rounds, milliseconds, patienceSeconds }: Pace,
): Promise<readonly Outcome[]> {
  const turns: Outcome[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const own = turns[index];
      if (own === undefined || isFinished(own, patienceSeconds)) continue;
      own.push(await contender.measure(task, milliseconds));
    }
  }
  return turns.map(pooled);
}

function isFinished(turns: readonly Outcome[], patienceSeconds: number): boolean {
  const last = turns.at(-1);
  if (last === undefined) return false;
  return last.kind === "unmeasured" || Math.min(...last.seconds) > patienceSeconds;
}

function pooled(turns: readonly Outcome[]): Outcome {
  const failure = turns.find((turn) => turn.kind === "unmeasured");
  if (failure !== undefined) return failure;
  const measured = turns.filter((turn): turn is Measured => turn.kind === "measured");
  const last = measured.at(-1);
  if (last === undefined) return { kind: "unmeasured", reason: "no rounds" };
  const phaseNames = Object.keys(last.phases ?? {});
  return {
    ...last,
    seconds: measured.flatMap(({ seconds }) => seconds),
    ...(phaseNames.length > 0 && {
      phases: Object.fromEntries(
        phaseNames.map((phase) => [phase, measured.flatMap(({ phases }) => phases?.[phase] ?? [])]),
      ),
    }),
  };
}
