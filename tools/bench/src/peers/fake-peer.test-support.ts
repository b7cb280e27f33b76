// Peers for tests: a few lines of JavaScript that Node runs.
import type { PeerCommand } from "./peer-process.ts";

/** `answer`: the body of a function of `request` that returns what is written as the answer, or exits. */
export function fakePeer(
  answer: string,
  start = `say({ ready: { version: "1", details: { threads: "2" } } });`,
): PeerCommand {
  const program = `
    const say = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
    ${start}
    require("node:readline").createInterface(process.stdin).on("line", (line) => {
      const request = JSON.parse(line);
      say((() => { ${answer} })());
    });`;
  return {
    name: "fake",
    library: "fakes",
    command: process.execPath,
    arguments: ["-e", program],
    patienceSeconds: 60,
  };
}
