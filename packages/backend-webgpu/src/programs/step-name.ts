// How errors and labels call a step.
import type { Step } from "@tandem/core";

/** For example `conv2d of conv1`. */
export function nameOfStep({ op, scope }: Pick<Step, "op" | "scope">): string {
  return `${op} of ${scope === "" ? "the top level" : scope}`;
}

/** The steps of a segment, by their first and last. */
export function nameOfSegment(steps: readonly Step[]): string {
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return "an empty segment";
  return first === last ? nameOfStep(first) : `${steps.length} steps from ${nameOfStep(first)} to ${nameOfStep(last)}`;
}
