#!/usr/bin/env node
import { runCli } from "./run-cli.ts";

const interrupt = new AbortController();
// Only the first one is ours: a second one ends the process whatever it is doing.
process.once("SIGINT", () => interrupt.abort());
process.exitCode = await runCli(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  environment: process.env,
  interrupt: interrupt.signal,
});
