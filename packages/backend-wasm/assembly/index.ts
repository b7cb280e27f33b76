// The library of kernels: matrix products and convolutions.
export { convolutionBlock } from "./convolution";
export { filterGradientBlock } from "./filter-gradient";
export { matmulBlock } from "./matmul";
export { sumPartials } from "./partial-sums";
export { thinMatmulBlock } from "./thin-matmul";
export { winogradCotangent, winogradFilter, winogradFilterGradient, winogradInput, winogradOutput } from "./winograd";
