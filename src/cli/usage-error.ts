import { InvalidArgumentError } from "../base/errors.ts";

/** The command line itself is wrong: the program ends with exit code 2. */
export class UsageError extends InvalidArgumentError {}
