// Some conformance cases of every family: as many as a page compiles shaders for in a short time.
import type { ConformanceCase } from "@tandem/test-conformance/case";
import { families } from "@tandem/test-conformance/cases";

const CASES_OF_A_FAMILY = 4;

export const subset: readonly ConformanceCase[] = Object.values(families).flatMap((cases) => {
  const stride = Math.max(1, Math.floor(cases.length / CASES_OF_A_FAMILY));
  return cases.filter((_, index) => index % stride === 0).slice(0, CASES_OF_A_FAMILY);
});
