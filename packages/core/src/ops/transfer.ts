// The only op that changes a value's device.
import { defineOp, type Op, operand } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { applyOp1 } from "./apply.ts";

export type TransferAttributes = { readonly device: string };

export const transferOp: Op<TransferAttributes> = defineOp<TransferAttributes>({
  name: "transfer",
  roles: ["input"],
  infer: (inputs) => [operand(inputs, 0)],
  device: ({ device }) => device,
  vjp: ({ inputs, cotangents: [dy] }) => [dy && (() => transfer(dy, operand(inputs, 0).device))],
  flops: () => 0,
});

/** x on another device; its cotangent travels back. */
export function transfer(x: Tensor, device: string): Tensor {
  return x.device === device ? x : applyOp1(transferOp, [x], { device });
}
