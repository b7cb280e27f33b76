// The test, after the last step: the only place that opens the test pictures.
import { type BaselineErrors, nearestNeighbour } from "@tandem/data";
import { parameterCount } from "@tandem/models";
import { throwIfInterrupted, unlessInterrupted } from "./errors.ts";
import { evaluateTenViews } from "./evaluate.ts";
import type { Session } from "./session.ts";
import { type Summary, summarize } from "./summary.ts";
import type { ModelState } from "./training-state.ts";

export interface FinalTest {
  readonly summary: Summary;
  /** On the same pictures. */
  readonly baseline: BaselineErrors;
  /** How many pictures were tested. */
  readonly pictures: number;
}

/** Tests a trained state in one and ten views, and the baseline beside it. Writes summary.json. */
export async function testOnce(
  session: Session,
  { parameters }: Pick<ModelState, "parameters">,
  startedAt: number,
): Promise<FinalTest> {
  const { config, data, devices, model, pace, preparation, programs, report, run, signal } = session;
  throwIfInterrupted(signal);
  const test = await data.openTest();
  const state = await programs.place({ parameters });
  const errors = await evaluateTenViews({
    dataset: test,
    preparation,
    batchSize: config.batch,
    predict: (batch) => programs.predict(state, batch),
    workers: config.loaders,
    onProgress: (done, total) => report({ kind: "evaluation", what: "test, ten views", done, total }),
    signal,
  });
  report({ kind: "note", text: "Comparing with the nearest neighbour" });
  const baseline = await unlessInterrupted(nearestNeighbour(data.train, test), signal);
  const memory = await devices.memoryUse();
  const summary = summarize(errors, {
    imagesPerSecond: pace.imagesPerSecond,
    seconds: (performance.now() - startedAt) / 1000,
    backend: devices.devices[0]?.backend.name ?? "",
    devices: devices.devices.map(({ name }) => name),
    parameters: parameterCount(model),
    peakBytes: Math.max(...memory.map(({ peakBytes }) => peakBytes)),
    seed: config.seed,
  });
  await run.appendMetrics({ kind: "test", pictures: test.length, ...errors, baseline });
  await run.writeSummary(summary);
  return { summary, baseline, pictures: test.length };
}
