// What happens to tests of WebGPU where adapters are missing.
import { afterEach, expect, test, vi } from "vitest";
import { softwareAdapters, testedAdapters } from "./tested-adapters.ts";

const warnings = vi.spyOn(console, "warn").mockImplementation(() => undefined);
afterEach(() => warnings.mockClear());

test("all adapters that are there are tested on, and nothing is said", () => {
  expect(testedAdapters(["SwiftShader Device (Subzero)", "llvmpipe (LLVM 15)", "a GPU"], {})).toEqual(softwareAdapters);
  expect(warnings).not.toHaveBeenCalled();
});

test.each([
  { names: ["llvmpipe (LLVM 15)"], tested: ["llvmpipe"], missing: "SwiftShader" },
  { names: ["a GPU"], tested: [], missing: "SwiftShader and llvmpipe" },
])(
  "where there is only $names, the rest is said to go untested, and is an error on CI",
  ({ names, tested, missing }) => {
    expect(testedAdapters(names, {})).toEqual(tested);
    expect(warnings).toHaveBeenCalledWith(expect.stringContaining(`not tested on ${missing}: install chromium`));
    expect(() => testedAdapters(names, { CI: "true" })).toThrow(`not tested on ${missing}:`);
  },
);
