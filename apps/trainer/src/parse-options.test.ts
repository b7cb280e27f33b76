import { describe, expect, test } from "vitest";
import { z } from "zod";
import { nonEmpty, oneOf, positiveNumber, wholeNumber } from "./option-schemas.ts";
import { type CommandDescription, parseOptions } from "./parse-options.ts";

interface Options {
  readonly epochs: number;
  readonly learningRate?: number | undefined;
  readonly recipe?: "paper" | "caffe" | undefined;
  readonly out?: string | undefined;
}
const command: CommandDescription<Options> = {
  usage: "train",
  about: "Trains.",
  flags: {
    epochs: { argument: "<count>", about: "passes" },
    learningRate: { argument: "<rate>", about: "rate" },
    recipe: { argument: "<name>", about: "whose" },
    out: { argument: "<folder>", about: "where" },
  },
  schema: z.object({
    epochs: wholeNumber(1, 100).default(3),
    learningRate: positiveNumber(10).optional(),
    recipe: oneOf(["paper", "caffe"]).optional(),
    out: nonEmpty("a folder").optional(),
  }),
  examples: ["train --epochs 3"],
};

describe("options", () => {
  test("are read, with defaults where nothing was said", () => {
    const parsed = parseOptions(command, ["--learning-rate", "1e-2", "--recipe=caffe"]);
    expect(parsed).toEqual({ kind: "run", options: { epochs: 3, learningRate: 0.01, recipe: "caffe" }, operands: [] });
  });

  test.each([
    [["--epochs", "three"], 'error: --epochs: expected a whole number from 1 to 100, found "three"'],
    [["--epochs", "2.5"], 'error: --epochs: expected a whole number from 1 to 100, found "2.5"'],
    [["--epochs", "0"], 'error: --epochs: expected a whole number from 1 to 100, found "0"'],
    [["--epochs", ""], 'error: --epochs: expected a whole number from 1 to 100, found ""'],
    [["--epochs=-3"], 'error: --epochs: expected a whole number from 1 to 100, found "-3"'],
    [["--learning-rate", "0"], 'error: --learning-rate: expected a number above 0 and at most 10, found "0"'],
    [["--learning-rate", "NaN"], 'error: --learning-rate: expected a number above 0 and at most 10, found "NaN"'],
    [["--learning-rate", " "], 'error: --learning-rate: expected a number above 0 and at most 10, found " "'],
    [["--recipe", "mine"], 'error: --recipe: expected one of paper, caffe, found "mine"'],
    [["--out", ""], 'error: --out: expected a folder, found ""'],
    [["--epoch", "3"], "error: unknown option '--epoch'\n(Did you mean --epochs?)"],
    [["--epochs"], "error: option '--epochs <count>' argument missing"],
    [["extra"], "error: too many arguments"],
  ])("%j: refused", (argv, message) => {
    const parsed = parseOptions(command, argv);
    expect(parsed).toMatchObject({ kind: "text", exitCode: 2 });
    expect(parsed.kind === "text" && parsed.text).toContain(message);
    expect(parsed.kind === "text" && parsed.text).toContain("--help lists the options");
  });

  test("that are wrong are all named at once", () => {
    const parsed = parseOptions(command, ["--epochs", "x", "--recipe", "y"]);
    expect(parsed.kind === "text" && parsed.text.match(/^error: /gm)?.length).toBe(2);
  });

  test("have a help text with an example", () => {
    const parsed = parseOptions(command, ["--help"]);
    expect(parsed).toMatchObject({ kind: "text", exitCode: 0 });
    expect(parsed.kind === "text" && parsed.text).toMatch(
      /Usage: train \[options\][\s\S]*--learning-rate <rate>[\s\S]*train --epochs 3/,
    );
  });
});
