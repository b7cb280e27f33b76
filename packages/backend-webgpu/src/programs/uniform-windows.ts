// Lays the uniforms of all dispatches of a program out in one buffer.

/** Every adapter lets a window start at a multiple of this. */
const ALIGNMENT = 256;
/** Uniform structs end at multiples of this many bytes. */
const STRUCT_ALIGNMENT = 16;

interface UniformWindow {
  readonly offset: number;
  readonly bytes: number;
}

export interface UniformWindows {
  readonly words: Uint32Array<ArrayBuffer>;
  /** By the dispatch they belong to; equal uniforms share a window. */
  readonly windows: readonly (UniformWindow | undefined)[];
}

export function layOutUniforms(uniforms: readonly (readonly number[] | undefined)[]): UniformWindows {
  const placed = new Map<string, { readonly offset: number; readonly values: readonly number[] }>();
  const windows = uniforms.map((values): UniformWindow | undefined => {
    if (values === undefined) return undefined;
    const key = values.join(" ");
    const { offset } = placed.get(key) ?? { offset: placed.size * ALIGNMENT };
    placed.set(key, { offset, values });
    return { offset, bytes: Math.max(1, Math.ceil((values.length * 4) / STRUCT_ALIGNMENT)) * STRUCT_ALIGNMENT };
  });
  const words = new Uint32Array((placed.size * ALIGNMENT) / 4);
  for (const { offset, values } of placed.values()) words.set(values, offset / 4);
  return { words, windows };
}
