// The page: what it can compute, left where the test finds it.
import { openWasm } from "@tandem/backend-wasm";
import { openWebgpu } from "@tandem/backend-webgpu";
import { DeviceGroup } from "@tandem/core";
import { forward } from "@tandem/test-conformance/run";
import { subset } from "../conformance-subset.ts";
import { train } from "../small-training.ts";

export interface TrainedOnWasm {
  readonly isIsolated: boolean;
  readonly threads: number;
  readonly losses: readonly number[];
}

/** Results of a case by name, as plain numbers. */
export interface CaseResults {
  readonly name: string;
  readonly results: Readonly<Record<string, readonly number[]>>;
}

/** What crosses between page and test can be cloned. */
export interface Page {
  trainOnWasm(threads: number, steps: number): Promise<TrainedOnWasm>;
  trainOnWebgpu(steps: number): Promise<readonly number[]>;
  /** Of the conformance cases in the subset, on webgpu. */
  runCases(): Promise<readonly CaseResults[]>;
}

const page: Page = {
  async trainOnWasm(threads, steps) {
    const devices = await openWasm({ threads });
    const opened = devices.reduce((sum, device) => sum + device.threads, 0);
    return { isIsolated: crossOriginIsolated, threads: opened, losses: await train(devices, steps) };
  },
  async trainOnWebgpu(steps) {
    return train(await openWebgpu(), steps);
  },
  async runCases() {
    await using devices = new DeviceGroup(await openWebgpu({ count: 2 }));
    const found: CaseResults[] = [];
    for (const testCase of subset) {
      const results = Object.entries(await forward(devices, testCase, "f32"));
      found.push({
        name: testCase.name,
        results: Object.fromEntries(results.map(([name, { data }]) => [name, [...data]])),
      });
    }
    return found;
  },
};
Object.assign(globalThis, { page });
