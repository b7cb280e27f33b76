// The table of cases.
import type { ConformanceCase } from "../case.ts";
import { compositeCases } from "./composite.ts";
import { convolutionCases } from "./convolution.ts";
import { elementwiseCases } from "./elementwise.ts";
import { epilogueCases } from "./epilogue.ts";
import { gatherCases } from "./gather.ts";
import { integerCases } from "./integers.ts";
import { lossCases } from "./loss.ts";
import { matmulCases } from "./matmul.ts";
import { movementCases } from "./movement.ts";
import { normalizationCases } from "./normalization.ts";
import { poolingCases } from "./pooling.ts";
import { randomCases } from "./random.ts";
import { reduceCases } from "./reduce.ts";
import { transferCases } from "./transfer.ts";

export const families: Readonly<Record<string, readonly ConformanceCase[]>> = {
  elementwise: elementwiseCases,
  integers: integerCases,
  reduce: reduceCases,
  movement: movementCases,
  matmul: matmulCases,
  convolution: convolutionCases,
  pooling: poolingCases,
  normalization: normalizationCases,
  loss: lossCases,
  gather: gatherCases,
  random: randomCases,
  epilogue: epilogueCases,
  composite: compositeCases,
  transfer: transferCases,
};

export const allCases: readonly ConformanceCase[] = Object.values(families).flat();
