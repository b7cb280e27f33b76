// The options of `pnpm bench`.
import { availableParallelism } from "node:os";
import { UsageError } from "@tandem/core";
import { backendNames } from "@tandem/devices";
import type { Precision } from "@tandem/models";
import { type CommandDescription, nonEmpty, oneOf, wholeNumber } from "trainer";
import { z } from "zod";
import { type PeerName, peerNames } from "./peers/catalog.ts";

export type Subject = "gemm" | "conv" | "step" | "load" | "report";
const subjects: readonly Subject[] = ["gemm", "conv", "step", "load", "report"];

export type ModelChoice = "alexnet" | "alexnet-mini";
const models: readonly ModelChoice[] = ["alexnet", "alexnet-mini"];

export interface BenchOptions {
  readonly backend?: string | undefined;
  readonly batch?: number | undefined;
  readonly threads: number;
  /** By default those that fit the backend. */
  readonly peers?: readonly PeerName[] | undefined;
  readonly model?: ModelChoice | undefined;
  readonly towers: 1 | 2;
  readonly precision: Precision;
  readonly rounds: number;
  readonly json?: string | undefined;
}

export const benchCommand: CommandDescription<BenchOptions> = {
  usage: "pnpm bench",
  about: "Measures this project's backends against the machine's peak and against other libraries.",
  operands: [{ name: "<subject>", about: subjects.join(", ") }],
  flags: {
    backend: { argument: "<name>", about: `${backendNames.join(", ")} (default: what TANDEM_BACKEND says, or auto)` },
    batch: { argument: "<count>", about: "pictures (default: 32, load: 1)" },
    threads: { argument: "<count>", about: "of ours and of each peer (default: the cores)" },
    peers: {
      argument: "<names>",
      about: `${peerNames.join(",")}, or none (default: all for the CPU, or all for GPUs)`,
    },
    model: { argument: "<name>", about: `${models.join(", ")} (default: alexnet, load: alexnet-mini)` },
    towers: { argument: "<count>", about: "1, or 2 on two devices that share the threads (default: 1)" },
    precision: { argument: "<type>", about: "f32, or f16 where the backend has it: step and load (default: f32)" },
    rounds: { argument: "<count>", about: "how often each one's turn comes (default: 3)" },
    json: { argument: "<file>", about: "where to write the result, beside runs/bench" },
  },
  schema: z.object({
    backend: oneOf(["auto", ...backendNames]).optional(),
    batch: wholeNumber(1, 65_536).optional(),
    threads: wholeNumber(1, 1024)
      .optional()
      .transform((threads) => threads ?? availableParallelism()),
    peers: z.string().optional().transform(parsePeers),
    model: oneOf(models).optional(),
    towers: oneOf(["1", "2"])
      .optional()
      .transform((towers) => (towers === "2" ? 2 : 1)),
    precision: oneOf<Precision>(["f32", "f16"])
      .optional()
      .transform((precision) => precision ?? "f32"),
    rounds: wholeNumber(1, 1000)
      .optional()
      .transform((rounds) => rounds ?? 3),
    json: nonEmpty("a file").optional(),
  }),
  examples: [
    "pnpm bench gemm --peers torch,ort",
    "pnpm bench step --batch 128 --threads 2 --peers torch --json step.json",
    "pnpm bench step --backend webgpu --batch 128 --peers tfjs-webgpu,torch-cuda",
    "pnpm bench report",
  ],
  notes: [
    "gemm: squares, and AlexNet's fully connected layers with their gradients. conv: its convolutions with theirs.",
    "step: a training step as the trainer takes it, by phase. load: what a program costs before it runs, and beside its kernels.",
    "report: writes docs/performance.md from the last results in runs/bench.",
    "On an adapter, shares are of multiply-adds and of a copy that are measured on it in the same run.",
    "Turns are interleaved; a figure is the median, with the lowest and the highest. A peer that is missing is named.",
  ],
};

/** The one operand. Throws UsageError for anything but one subject. */
export function parseSubject(operands: readonly string[]): Subject {
  const [name, ...rest] = operands;
  const found = subjects.find((subject) => subject === name);
  if (found !== undefined && rest.length === 0) return found;
  throw new UsageError(`pnpm bench ${operands.join(" ")}: expected one of ${subjects.join(", ")}`);
}

function parsePeers(text: string | undefined, context: z.core.$RefinementCtx): readonly PeerName[] | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  return [...new Set(text.split(","))].map((name) => {
    const found = peerNames.find((peer) => peer === name.trim());
    if (found !== undefined) return found;
    context.addIssue({ code: "custom", message: `expected names among ${peerNames.join(", ")}, found "${name}"` });
    return z.NEVER;
  });
}
