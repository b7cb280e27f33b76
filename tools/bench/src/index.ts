// What others need of the bench.
export { buildBundledPeers } from "./peers/bundled-peers.ts";
