// The list of ops; nothing else lists them, kernel tables aside.
export * from "./constant.ts";
export * from "./convolution.ts";
export * from "./elementwise.ts";
export * from "./epilogue.ts";
export * from "./gather.ts";
export * from "./loss.ts";
export * from "./map.ts";
export * from "./matmul.ts";
export * from "./movement.ts";
export * from "./normalization.ts";
export * from "./pooling.ts";
export * from "./random.ts";
export * from "./reduce.ts";
export * from "./stop-gradient.ts";
export * from "./transfer.ts";
export * from "./window.ts";
