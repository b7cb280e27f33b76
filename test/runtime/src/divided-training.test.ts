// Two towers on two devices, and a batch divided between two or three, train the network that one device trains.
import { DeviceGroup, type HostTensor } from "@tandem/core";
import { beforeAll, describe, expect, test } from "vitest";
import { deviceSets } from "./device-sets.ts";
import { type DividedTraining, type Division, trainDivided } from "./divided-training.ts";

const WHOLE: Division = { towers: 1, replicas: 1 };
const STEPS = 50;
/** Drivers that compute on the CPU take their time to compile shaders. */
const PATIENCE = 900_000;

const ways: readonly (readonly [way: string, devices: number, division: Division])[] = [
  ["two towers on two devices", 2, { towers: 2, replicas: 1 }],
  ["two towers on one device", 1, { towers: 2, replicas: 1 }],
  ["a batch divided between two devices", 2, { towers: 1, replicas: 2 }],
  ["a batch divided between three devices", 3, { towers: 1, replicas: 3 }],
];

/** Largest difference, relative to the largest value. */
function difference(found: HostTensor | undefined, { data }: HostTensor): number {
  const values = Array.from(data);
  const largest = Math.max(...values.map(Math.abs));
  const apart = values.map((value, index) => Math.abs(value - (found?.data[index] ?? Number.NaN)));
  return Math.max(...apart) / largest;
}

describe.each(deviceSets.map((set) => [set.name, set] as const))("on %s", (_, { open, isOneBackend, most }) => {
  const train = async (count: number, division: Division): Promise<DividedTraining> => {
    await using devices = new DeviceGroup(await open(count));
    return await trainDivided(STEPS, devices, division);
  };
  let whole: DividedTraining;
  beforeAll(async () => {
    whole = await train(1, WHOLE);
  }, PATIENCE);

  test("one device learns", () => {
    const mean = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(mean(whole.losses.slice(-10))).toBeLessThan(0.9 * mean(whole.losses.slice(0, 10)));
  });

  const possible = ways.filter(([, count]) => count <= most && (count > 1 || isOneBackend));
  test.each(possible)(
    "%s come to the same gradients in a step, and with dropout to the same losses over fifty",
    async (_way, count, division) => {
      const { losses, gradients, state } = await train(count, division);
      const [expected = new Map<string, HostTensor>()] = whole.gradients;
      expect(expected.size).toBe(12);
      expect(gradients.length).toBe(division.replicas);
      for (const own of gradients) {
        expect([...own.keys()]).toEqual([...expected.keys()]);
        for (const [name, gradient] of expected) expect(difference(own.get(name), gradient), name).toBeLessThan(1e-4);
      }
      expect(losses.length).toBe(STEPS);
      for (const [step, loss] of whole.losses.entries()) {
        const apart = Math.abs((losses[step] ?? Number.NaN) - loss) / loss;
        expect(apart, `step ${step}`).toBeLessThan(step === 0 ? 1e-4 : 1e-2);
      }
      if (isOneBackend) for (const replica of state) expect(replica).toEqual(state[0]);
    },
    PATIENCE,
  );
});
