// `./tandem doctor`: looks at the archive, the host, its drivers and each backend, and says what is wrong. Ends with 1 where something is.
import { fileURLToPath } from "node:url";
import { backendNames } from "@tandem/devices";
import { checkAdapters, driverFacts, searchAdapters } from "./checks/adapters.ts";
import { checkBackend } from "./checks/backends.ts";
import { checkFiles } from "./checks/files.ts";
import { checkSystem, hostFacts } from "./checks/system.ts";
import { type Finding, findingText } from "./finding.ts";
import { verdictOf } from "./verdict.ts";

const folder = fileURLToPath(new URL("../../../..", import.meta.url));

const findings: Finding[] = [];
const report = (...found: readonly Finding[]): void => {
  findings.push(...found);
  for (const finding of found) console.log(findingText(finding));
};

report(await checkFiles(folder));
report(...checkSystem(hostFacts()));
const search = await searchAdapters();
report(...checkAdapters(search, driverFacts()));
for (const backend of backendNames) report(await checkBackend(backend, backend === "webgpu"));
const { text, exitCode } = verdictOf(findings);
console.log(`\n${text}`);
process.exitCode = exitCode;
