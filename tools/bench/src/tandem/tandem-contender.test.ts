import { miniAlexnet } from "@tandem/models";
import { describe, expect, test } from "vitest";
import { squareMatmuls, stepTask } from "../network-tasks.ts";
import type { Task } from "../task.ts";
import { profileStep } from "./profiled-step.ts";
import { TandemContender } from "./tandem-contender.ts";

const choice = { backend: "tfjs", threads: 1, devices: 1 };
const model = miniAlexnet({ classes: 3, towers: 1, maps: [4, 4, 4], units: [4, 4] });

describe("our own contender", () => {
  test("measures operations and training steps, and says what it ran", async () => {
    await using contender = await TandemContender.open(choice, model);
    expect(contender.details.devices).toContain("tfjs:0");
    const product = squareMatmuls([8])[0]?.task as Task;
    expect(await contender.measure(product, 1)).toMatchObject({ kind: "measured", note: "matmul" });
    const step = stepTask(model.architecture, 2);
    const outcome = await contender.measure(step, 1);
    expect(outcome.note).toMatch(/^\d+ kernels$/);
    expect(outcome.residentBytes).toBeGreaterThan(0);
  });

  test("opens nothing for a backend that does not exist", async () => {
    await expect(TandemContender.open({ ...choice, backend: "abacus" })).rejects.toThrow('"abacus"');
  });
});

describe("a step on devices that measure", () => {
  test("has a profile of its kernels", async () => {
    const { profiles, kernels, plannedBytes } = await profileStep({ ...choice, backend: "wasm" }, model, 2, 1);
    expect(profiles.map((profile) => profile.length)).toEqual([kernels]);
    expect(plannedBytes).toBeGreaterThan(0);
  });

  test("has none where the backend does not measure", async () => {
    expect((await profileStep(choice, model, 2, 1)).profiles).toEqual([]);
  });
});
