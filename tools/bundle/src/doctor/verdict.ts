// What all findings together mean for the user.
import type { Finding } from "./finding.ts";

export interface Verdict {
  readonly text: string;
  readonly exitCode: 0 | 1;
}

export function verdictOf(findings: readonly Finding[]): Verdict {
  const count = findings.filter(({ state }) => state === "wrong").length;
  if (count > 0)
    return { text: `${count} ${count === 1 ? "thing is" : "things are"} wrong, as said above.`, exitCode: 1 };
  const isAbsent = findings.some(({ state }) => state === "absent");
  return {
    text: isAbsent ? "Works, but for what is marked -- above." : "Everything works.",
    exitCode: 0,
  };
}
