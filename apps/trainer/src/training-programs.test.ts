// What a training step needs is known, and refused, before anything runs.
import { MemoryError } from "@tandem/core";
import { openDevices } from "@tandem/devices";
import { alexnet } from "@tandem/models";
import { sgd } from "@tandem/nn";
import { expect, test } from "vitest";
import { compilePrograms, planTrainingStep } from "./training-programs.ts";

test("full AlexNet at a batch that needs over 4 GiB is refused with the batch that fits, and nothing is allocated", async () => {
  await using devices = await openDevices({ TANDEM_BACKEND: "tfjs", TANDEM_DEVICES: "1" }, { inProcess: true });
  const backends = devices.devices.map(({ backend }) => backend);
  const model = alexnet({ recipe: "paper", towers: 2, classes: 1000 });
  const options = { model, optimizer: sgd({ momentum: 0.9 }), batch: 512 };
  const peakBytes = (batch: number): number =>
    planTrainingStep({ ...options, batch }, backends).devices[0]?.peakBytes ?? 0;
  expect(peakBytes(options.batch)).toBeGreaterThan(4 * 1024 ** 3);

  const refusal: unknown = await compilePrograms(options, devices).catch((error: unknown) => error);
  if (!(refusal instanceof MemoryError)) throw new Error(`expected a MemoryError, found ${refusal}`);
  expect(await devices.memoryUse()).toEqual([{ allocatedBytes: 0, peakBytes: 0 }]);
  const fitting = Number(/--batch (\d+) fits/.exec(refusal.message)?.[1]);
  expect(peakBytes(fitting)).toBeLessThanOrEqual(refusal.availableBytes);
  expect(peakBytes(fitting + 1)).toBeGreaterThan(refusal.availableBytes);
});
