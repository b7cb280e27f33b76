// Values that move between two devices, forward and (their cotangents) backward; on one device nothing moves.
import { logicalDevice } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { integers, normal } from "../inputs.ts";

const [first, second] = [logicalDevice(0), logicalDevice(1)];

export const transferCases: readonly ConformanceCase[] = [
  testCase("transfer there and back", { x: normal([3, 4]) }, ({ x }) => x.to(second).exp().to(first).mul(x)),
  testCase("transfer of an input", { x: normal([3, 4]), at: integers("i32", [3], 0, 9) }, ({ x, at }) => ({
    moved: x.to(second),
    movedIntegers: at.to(second).add(1),
  })),
  testCase(
    "two towers that meet",
    { x: normal([5, 4]), left: normal([4, 3]), right: normal([4, 3]), top: normal([6, 2]) },
    (t) => {
      const leftHidden = t.x.matmul(t.left).relu();
      const rightHidden = t.x.to(second).matmul(t.right.to(second)).relu().to(first);
      return leftHidden.matmul(t.top.slice([0, 0], [3, 2])).add(rightHidden.matmul(t.top.slice([3, 0], [6, 2])));
    },
  ),
  testCase("a value sent twice and reshaped on the way", { x: normal([4, 6]) }, ({ x }) => {
    const computed = x.tanh();
    const away = computed.reshape([6, 4]).to(second);
    return away.matmul(computed.to(second)).to(first).sum(0);
  }),
];
