// The library of kernels: matrix products and convolutions.
export { convolutionBlock } from "./convolution";
export { filterGradientBlock } from "./filter-gradient";
export { matmulBlock } from "./matmul";
export {
  filteringCotangent,
  filteringFilter,
  filteringFilterGradient,
  filteringInput,
  filteringOutput,
} from "./minimal-filtering";
export { sumPartials } from "./partial-sums";
export { thinMatmulBlock } from "./thin-matmul";
