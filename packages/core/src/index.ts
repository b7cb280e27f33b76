// Tandem's core: the graph, its derivatives, its passes and the compiler.
export * from "./backend.ts";
export {
  Compiled,
  compile,
  type DonatedState,
  evaluate,
  type HostInputs,
  plan,
  type Run,
  type StateNames,
} from "./compile.ts";
export { DeviceGroup } from "./device-group.ts";
export * from "./dtype.ts";
export * from "./errors.ts";
export { deviceMemoryBytes, type ExplainedDevice, explainProgram, formatCount, summarizeProgram } from "./explain.ts";
export * from "./gradient.ts";
export * from "./graph.ts";
export * from "./host-tensor.ts";
export * from "./interpreter.ts";
export * from "./op.ts";
export * from "./ops/index.ts";
export { type PlanOptions, planProgram } from "./passes/plan.ts";
export * from "./pipeline.ts";
export { printGraph } from "./print.ts";
export * from "./profile.ts";
export * from "./program.ts";
export * from "./random.ts";
export { inlineScalarProgram, Scalar, ScalarBuilder, scalarProgram } from "./scalar/builder.ts";
export * from "./scalar/cost.ts";
export * from "./scalar/evaluate.ts";
export * from "./scalar/print.ts";
export * from "./scalar/program.ts";
export { type ScalarOp, type ScalarRule, scalarOps, scalarRule } from "./scalar/rules.ts";
export * from "./shape.ts";
export { State, type StateEntry } from "./state.ts";
export { Tensor } from "./tensor.ts";
export * from "./trace.ts";
export { scope } from "./trace-context.ts";
export * from "./tree.ts";
export * from "./type.ts";
