// The page: trains when it is opened, and leaves what came of it where the test looks.
import { type Training, trainTwoSteps } from "../two-steps.ts";

export interface PageResult {
  readonly isIsolated: boolean;
  readonly training: Training;
}

const training = trainTwoSteps(3);
Object.assign(globalThis, {
  result: training.then((found): PageResult => ({ isIsolated: crossOriginIsolated, training: found })),
});
