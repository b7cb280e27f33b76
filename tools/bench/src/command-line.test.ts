import { availableParallelism } from "node:os";
import { parseOptions } from "trainer";
import { describe, expect, test } from "vitest";
import { benchCommand, parseSubject } from "./command-line.ts";

function parsed(...argv: readonly string[]): unknown {
  return parseOptions(benchCommand, argv);
}

describe("options", () => {
  test("left out: the backend's peers, one tower, three rounds, all cores, f32", () => {
    expect(parsed("gemm")).toEqual({
      kind: "run",
      operands: ["gemm"],
      options: {
        threads: availableParallelism(),
        precision: "f32",
        towers: 1,
        rounds: 3,
      },
    });
  });

  test("given", () => {
    const words =
      "step --backend tfjs --batch 128 --threads 2 --peers torch,ort --model alexnet-mini --towers 2 --json x.json";
    expect(parsed(...words.split(" "))).toMatchObject({
      options: {
        backend: "tfjs",
        batch: 128,
        threads: 2,
        peers: ["torch", "ort"],
        model: "alexnet-mini",
        towers: 2,
        json: "x.json",
      },
    });
  });

  test("ask for no peers, or for one only once", () => {
    expect(parsed("gemm", "--peers", "none")).toMatchObject({ options: { peers: [] } });
    expect(parsed("gemm", "--peers", "torch,torch")).toMatchObject({ options: { peers: ["torch"] } });
  });

  test.each([
    ["--peers", "torch,numpy", 'found "numpy"'],
    ["--backend", "abacus", "expected one of auto"],
    ["--precision", "f64", "expected one of f32, f16"],
    ["--batch", "0", "a whole number from 1"],
    ["--threads", "many", "a whole number from 1"],
    ["--model", "resnet", "expected one of alexnet"],
    ["--towers", "3", "expected one of 1, 2"],
  ])("%s %s is refused", (flag, value, message) => {
    expect(parsed("gemm", flag, value)).toMatchObject({
      kind: "text",
      exitCode: 2,
      text: expect.stringContaining(message),
    });
  });
});

describe("the subject", () => {
  test.each(["gemm", "conv", "step", "load", "report"])("may be %s", (subject) => {
    expect(parseSubject([subject])).toBe(subject);
  });

  test.each([["gemmm"], ["gemm conv"], [""]])("may not be '%s'", (words) => {
    expect(() => parseSubject(words.split(" "))).toThrow("expected one of gemm, conv, step, load, report");
  });
});
