/** How often it is looked whether the parent is still there. */
const INTERVAL_MS = 1000;

/**
 * Calls back when the process that started this one is gone, so that no port stays taken: a shell, npm or a test runner that was
 * killed ends nothing by itself. The system then gives the process another parent.
 */
export function endWithParent(
  end: () => void,
  parentOf: () => number = () => process.ppid,
  lives: (pid: number) => boolean = isAlive,
): () => void {
  const parent = parentOf();
  // started by the system itself, as in a container or as a service
  if (parent <= 1) return () => undefined;
  const timer = setInterval(() => {
    if (parentOf() === parent && lives(parent)) return;
    clearInterval(timer);
    end();
  }, INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

/** Windows gives an orphan no other parent. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
