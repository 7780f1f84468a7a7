import { link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock whose owner has not shown life for this long is abandoned. */
const staleMs = 20_000;
const heartbeatMs = 4_000;

/** Locks of this process: one with its id that is not among them is of a dead process that had the same id. */
const held = new Set<string>();

/**
 * Runs `work` while no other process runs work for the same path. The lock is a file beside it that its owner
 * touches from time to time; that of a killed owner is taken over, on the same machine at once.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  { signal, pollMs = 250 }: { signal?: AbortSignal; pollMs?: number } = {},
): Promise<T> {
  const lockPath = `${path}.lock`;
  while (!(await acquire(lockPath))) {
    signal?.throwIfAborted();
    if (await isAbandoned(lockPath, lockPath)) await removeAbandoned(lockPath);
    else await sleep(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(lockPath, now, now).catch(() => {});
  }, heartbeatMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    held.delete(lockPath);
    await rm(lockPath, { force: true });
  }
}

async function acquire(lockPath: string): Promise<boolean> {
  try {
    const handle = await open(lockPath, "wx");
    // Before the id is written: a waiter of this process must never see its own id without this entry.
    held.add(lockPath);
    await handle.writeFile(`${hostname()} ${process.pid}`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isAbandoned(file: string, lockPath: string): Promise<boolean> {
  try {
    if (Date.now() - (await stat(file)).mtimeMs > staleMs) return true;
    const [host, pid] = (await readFile(file, "utf8")).split(" ");
    if (host !== hostname() || pid === undefined) return false;
    return Number(pid) === process.pid ? !held.has(lockPath) : !isAlive(Number(pid));
  } catch {
    // The owner has just released it.
    return false;
  }
}

/**
 * Two waiters may find the same lock abandoned, and one of them may have taken it anew before the other removes it.
 * Moving it aside shows which one was caught; a living one is put back.
 */
async function removeAbandoned(lockPath: string): Promise<void> {
  const aside = `${lockPath}.${process.pid}`;
  try {
    await rename(lockPath, aside);
    if (!(await isAbandoned(aside, lockPath))) await link(aside, lockPath);
  } catch {
    // Another waiter was quicker.
  }
  await rm(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
