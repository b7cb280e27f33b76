import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, hostTensor } from "@tandem/core";
import { expect, test } from "vitest";
import { mapNormalization } from "./map-normalization.ts";

const devices = new DeviceGroup(await openReference());

test.each([{ window: 3 }, { window: 5 }])(
  "divides by the squares in a $window x $window square of the same map",
  async ({ window }) => {
    const [side, channels, scale, power] = [6, 2, 0.02, 0.75];
    const values = Array.from({ length: side * side * channels }, (_, index) => Math.sin(index * 1.7) * 4);
    const at = (row: number, column: number, channel: number): number =>
      row < 0 || column < 0 || row >= side || column >= side
        ? 0
        : (values[(row * side + column) * channels + channel] ?? 0);
    const reach = (window - 1) / 2;
    const expected = values.map((value, index) => {
      const channel = index % channels;
      const [row, column] = [Math.floor(index / channels / side), Math.floor(index / channels) % side];
      let squares = 0;
      for (let y = row - reach; y <= row + reach; y++) {
        for (let x = column - reach; x <= column + reach; x++) squares += at(y, x, channel) ** 2;
      }
      return value / (1 + scale * squares) ** power;
    });
    const { y } = await evaluate(
      ({ x }) => ({ y: mapNormalization(x, { window, scale, power }) }),
      { x: hostTensor("f32", [1, side, side, channels], values) },
      { devices },
    );
    for (const [index, value] of expected.entries()) expect(y.data[index]).toBeCloseTo(value, 5);
  },
);
