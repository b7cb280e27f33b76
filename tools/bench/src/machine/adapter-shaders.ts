// WGSL of the two loops that an adapter's peak is measured with.

export const INVOCATIONS = 256;
const ACCUMULATORS = 8;
const LANES = 4;
const UNROLLED = 8;

/** FLOPs of one round of one invocation, a multiply-add counted as two. */
export const FLOPS_OF_ROUND: number = 2 * ACCUMULATORS * LANES * UNROLLED;

/**
 * Each invocation makes its accumulators x into x * factor + addend, `rounds` times `UNROLLED` of them. What they depend on is known
 * when it runs, not before, and what comes out is written, so that nothing can be left out.
 */
export function multiplyAddShader(precision: "f32" | "f16"): string {
  const vector = `vec4<${precision}>`;
  const names = Array.from({ length: ACCUMULATORS }, (_, index) => `x${index}`);
  const round = names.map((name) => `${name} = fma(${name}, factor, addend);`).join(" ");
  return `
${precision === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<uniform> rounds: u32;

@compute @workgroup_size(${INVOCATIONS})
fn multiply_add(@builtin(global_invocation_id) id: vec3<u32>) {
  let seed = ${precision}(id.x % 64u) / 64;
  let factor = ${vector}(0.25 + seed / 2);
  let addend = ${vector}(1 - seed / 2);
${names.map((name, index) => `  var ${name} = ${vector}(seed + ${index});`).join("\n")}
  for (var round = 0u; round < rounds; round++) {
${Array.from({ length: UNROLLED }, () => `    ${round}`).join("\n")}
  }
  let total = ${names.join(" + ")};
  sums[id.x] = f32(total.x + total.y + total.z + total.w);
}`;
}

/** One vector of four an invocation, read and written. */
export const copyShader: string = `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4<f32>>;

@compute @workgroup_size(${INVOCATIONS})
fn copy(@builtin(global_invocation_id) id: vec3<u32>) {
  copied[id.x] = source[id.x];
}`;

/** Bytes that a workgroup of the copy reads; it writes as many. */
export const BYTES_OF_COPYING_WORKGROUP: number = INVOCATIONS * LANES * 4;
