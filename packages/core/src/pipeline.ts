// The passes in their order, as a sentence: bind devices, decompose, simplify, fuse, schedule, plan.
import type { Backend } from "./backend.ts";
import type { Graph } from "./graph.ts";
import { bindDevices } from "./passes/bind-devices.ts";
import { decompose } from "./passes/decompose.ts";
import { fuse } from "./passes/fuse.ts";
import { planProgram } from "./passes/plan.ts";
import { schedule } from "./passes/schedule.ts";
import { simplify } from "./passes/simplify.ts";
import type { Program } from "./program.ts";

export interface PipelineOptions {
  /** `backends[n]` runs device n. */
  readonly backends: readonly Backend[];
  /** Names of inputs that stay on their device between runs. */
  readonly stateInputs: ReadonlySet<string>;
}

export type PassName = "bind devices" | "decompose" | "simplify" | "fuse" | "schedule";

export interface PassResult {
  readonly pass: PassName;
  readonly graph: Graph;
}

/** The graph after each pass. */
export function runPasses(traced: Graph, { backends, stateInputs }: PipelineOptions): readonly PassResult[] {
  const bound = simplify(bindDevices(traced, backends.length, stateInputs));
  const decomposed = decompose(bound, backends);
  const simplified = simplify(decomposed);
  const fused = fuseRepeatedly(simplified, backends);
  const scheduled = schedule(fused);
  return [
    { pass: "bind devices", graph: bound },
    { pass: "decompose", graph: decomposed },
    { pass: "simplify", graph: simplified },
    { pass: "fuse", graph: fused },
    { pass: "schedule", graph: scheduled },
  ];
}

/** Fusing can leave constants and views that let more be fused; it ends when the graph stops shrinking. */
function fuseRepeatedly(graph: Graph, backends: readonly Backend[]): Graph {
  const fused = simplify(fuse(graph, backends));
  return fused.nodes.length < graph.nodes.length ? fuseRepeatedly(fused, backends) : fused;
}

export function lowerToProgram(traced: Graph, options: PipelineOptions): Program {
  const scheduled = runPasses(traced, options).at(-1)?.graph ?? traced;
  return planProgram(scheduled, options);
}
