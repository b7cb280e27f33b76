// From when threads ran launches to when they ran steps.
import type { SegmentTimings, StepTiming } from "@tandem/core";
import type { PlannedSegment } from "./segment-plan.ts";
import type { Timeline } from "./timeline.ts";

/** One timing for each step and thread that had a part in it: from its first launch's start to its last one's end. */
export function stepTimings({ steps, plan }: PlannedSegment, timeline: Timeline, threads: number): SegmentTimings {
  return Array.from({ length: threads }, (_, thread) => {
    const timings = new Map<number, StepTiming>();
    for (const [launch, { step }] of plan.launches.entries()) {
      const time = timeline.read(thread, launch);
      const id = steps[step]?.id;
      if (time === undefined || id === undefined) continue;
      timings.set(id, { step: id, thread, start: timings.get(id)?.start ?? time.start, end: time.end });
    }
    return [...timings.values()];
  }).flat();
}
