// node .ci/summary.mjs REPORT CODE: counts the test cases in vitest's JSON report and prints "N passed, N failed, N skipped".
// CODE is vitest's exit code. A file that could not be collected counts as one failure, and so does a run that failed
// with no failed case to show for it. Exits 1 if anything failed.
import { existsSync, readFileSync } from "node:fs";

const [report, code] = process.argv.slice(2);
const files = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults : [];

const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  for (const { status } of file.assertionResults) count[status in count ? status : "skipped"] += 1;
  const failedAsAWhole = file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed");
  if (failedAsAWhole) count.failed += 1;
}
if (code !== "0" && count.failed === 0) count.failed = 1;

console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed > 0 ? 1 : 0;
