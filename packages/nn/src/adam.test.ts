import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, hostTensor } from "@tandem/core";
import { expect, test } from "vitest";
import { adam } from "./adam.ts";

const devices = new DeviceGroup(await openReference());

test.each([{ weightDecay: 0 }, { weightDecay: 0.01 }])(
  "follows Kingma and Ba's algorithm with decay $weightDecay",
  async ({ weightDecay }) => {
    const [beta1, beta2, epsilon, rate] = [0.9, 0.999, 1e-8, 0.1];
    const initial = [1, -2, 0.5];
    const gradientAt = (step: number): number[] => initial.map((w, index) => Math.sin(3 * step + index) + 0.1 * w);

    const expected = initial.map((start, index) => {
      let [w, m, v] = [start, 0, 0];
      for (let t = 1; t <= 4; t++) {
        const g = (gradientAt(t)[index] ?? 0) + weightDecay * w;
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        w -= (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
      }
      return w;
    });

    const optimizer = adam({ weightDecay });
    let state = optimizer.initialize({ w: hostTensor("f32", [3], initial) });
    for (let t = 1; t <= 4; t++) {
      const outputs = await evaluate(
        (inputs) => ({ state: optimizer.update(inputs.state, inputs.gradients, inputs.learningRate) }),
        {
          state,
          gradients: { w: hostTensor("f32", [3], gradientAt(t)) },
          learningRate: hostTensor("f32", [], rate),
        },
        { devices },
      );
      state = outputs.state;
    }
    expect(state.updates).toEqual({ w: hostTensor("f32", [], 4) });
    const { w } = state.parameters;
    for (const [index, value] of expected.entries()) {
      expect(w.data[index]).toBeCloseTo(value, 4);
    }
  },
);
