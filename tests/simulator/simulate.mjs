// Reads simulations (a JSON list) on standard input and writes "Allowed", "ImplicitlyDenied" or
// "ExplicitlyDenied" for each; what the simulator calls invalid ends the run.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The module lies in a folder of its own: its licence is not that of the project.
const resolve = createRequire(process.argv[2]).resolve;
const { runSimulation, runUnsafeSimulation } = await import(pathToFileURL(resolve("@cloud-copilot/iam-simulate")));

let text = "";
for await (const chunk of process.stdin) text += chunk;
const judged = [];
for (const simulation of JSON.parse(text)) {
  const answer = await runSimulation(simulation, {});
  if (answer.errors) throw new Error(JSON.stringify([simulation.request, answer.errors]));
  // Of a token's claims IAM's reference lists neither `aud` nor `sub`, so they are dropped there.
  const judge = simulation.keepsContext ? runUnsafeSimulation : () => answer.overallResult;
  judged.push(judge(simulation, {}));
}
process.stdout.write(JSON.stringify(judged));
