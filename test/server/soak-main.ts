// Puts a running server under load: soak-main.ts URL [CLIENTS] [SECONDS]. Ends with 1 when something is wrong with it.
import { soak } from "./soak.ts";
import { soakProblems } from "./soak-problems.ts";

const loopDelayMsMax = 1000;
const [url = "http://127.0.0.1:8642", clients = "200", seconds = "60"] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1000;
const report = await soak({
  url,
  clients: Number(clients),
  warmRounds: 2,
  maxTokens: 16,
  goesOn: () => performance.now() < end,
});
const problems = soakProblems(report);
// Others that use the machine delay the loop too, so this is no matter for a unit test.
const loopDelayMs = Math.max(...report.loopDelayMs);
if (loopDelayMs > loopDelayMsMax)
  problems.push(`the event loop was held up for ${loopDelayMs.toFixed(0)} ms`);
process.stdout.write(`${JSON.stringify({ ...report, wrong: report.wrong.length, problems }, null, 1)}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
