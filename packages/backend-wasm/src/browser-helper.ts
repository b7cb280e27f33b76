// The entry of a helper thread in a browser.
import { helperServing } from "./threads/helper.ts";
import type { FromHelper, ToHelper } from "./threads/messages.ts";

interface WorkerScope {
  postMessage(message: FromHelper): void;
  onmessage: ((event: { readonly data: ToHelper }) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;
const serve = helperServing((message) => scope.postMessage(message));
scope.onmessage = ({ data }) => serve(data);
