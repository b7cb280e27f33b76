// The graph being traced. Tracing is synchronous, so one variable is enough: it is set while `trace` runs and never outlives it.
import { UsageError } from "./errors.ts";
import type { GraphBuilder } from "./graph-builder.ts";

let current: GraphBuilder | undefined;

export function currentBuilder(): GraphBuilder {
  if (current === undefined) {
    throw new UsageError("tensor operations only have a meaning inside a traced function", {
      hint: "pass the function to compile() or evaluate()",
    });
  }
  return current;
}

export function withBuilder<R>(builder: GraphBuilder, body: () => R): R {
  const outer = current;
  current = builder;
  try {
    return body();
  } finally {
    current = outer;
  }
}

/** Names the operations that `body` records, for errors, profiles and random streams: `scope("conv1", () => ...)`. */
export function scope<R>(name: string, body: () => R): R {
  return currentBuilder().withScope(name, body);
}
