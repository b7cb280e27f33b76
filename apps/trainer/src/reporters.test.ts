import { describe, expect, test } from "vitest";
import { formatNumber, formatSeconds } from "./format.ts";
import { plainReporter } from "./plain-reporter.ts";
import type { StepEvent } from "./training-events.ts";

const step = (number: number): StepEvent => ({
  kind: "step",
  step: number,
  epoch: 1,
  loss: 2.25,
  error: 90.1234,
  learningRate: 0.01,
  imagesPerSecond: 512.3,
  secondsLeft: 95,
});

describe("the plain reporter", () => {
  test("writes a line an interval, and every epoch and note", () => {
    const lines: string[] = [];
    let time = 0;
    const report = plainReporter({ write: (line) => lines.push(line), now: () => time, interval: 10 });
    report({ kind: "note", text: "model: 1,234 parameters" });
    report({ kind: "start", totalSteps: 300, epochs: 2, batch: 64 });
    for (let number = 1; number <= 25; number++) {
      report(step(number));
      time += 1;
    }
    report({
      kind: "epoch",
      epoch: 1,
      epochs: 2,
      loss: 0.5,
      error: 20,
      validation: { top1: 18.25, top5: 1.5 },
      isBest: true,
      learningRate: 0.001,
      seconds: 61,
    });
    expect(lines).toEqual([
      "model: 1,234 parameters",
      "step 1/300  loss 2.25  error 90.12 %  512 images/s  1m35s left",
      "step 11/300  loss 2.25  error 90.12 %  512 images/s  1m35s left",
      "step 21/300  loss 2.25  error 90.12 %  512 images/s  1m35s left",
      "epoch 1/2  loss 0.500  training error 20.00 %  validation error 18.25 % (top-5 1.50 %), the lowest so far  learning rate 0.00100  1m01s",
    ]);
  });
});

describe("numbers", () => {
  test.each([
    [0, "0s"],
    [59.4, "59s"],
    [95, "1m35s"],
    [3600, "1h00m"],
    [7265, "2h01m"],
    [Number.POSITIVE_INFINITY, "-"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  test.each([
    [2.259, "2.26"],
    [0.00125, "0.00125"],
    [0.00001, "1.00e-5"],
    [0, "0.00"],
    [512.3, "512"],
    [Number.NaN, "NaN"],
  ])("%d reads %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
