// The extensions of WGSL that a module has to ask for before anything else in its text.

export interface Extensions {
  readonly f16?: boolean;
  readonly subgroups?: boolean;
  /** Experimental in Chromium and Dawn. */
  readonly subgroupMatrix?: boolean;
}

/** The first lines of a module. */
export function enables({ f16, subgroups, subgroupMatrix }: Extensions): string {
  return [
    ...(f16 ? ["enable f16;"] : []),
    ...(subgroups ? ["enable subgroups;"] : []),
    ...(subgroupMatrix ? ["enable chromium_experimental_subgroup_matrix;"] : []),
    "",
  ].join("\n");
}
