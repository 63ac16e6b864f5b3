// Doing something again and again, as long as somebody looks.

/**
 * Runs `work` now and some seconds after each run has ended, until `signal` ends; not while the
 * tab is hidden. What `work` throws is its own business.
 */
export function watch(seconds, signal, work) {
  let timer;
  let running = false;
  const round = async () => {
    clearTimeout(timer);
    if (running || signal.aborted) return;
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (!signal.aborted && !document.hidden) timer = setTimeout(round, seconds * 1000);
    }
  };
  const seen = () => !document.hidden && round();
  document.addEventListener("visibilitychange", seen, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return round();
}

/** Runs `work` once typing has paused. */
export function paused(milliseconds, work) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}

/** Runs tasks, at most so many at a time. */
export function limited(most) {
  const waiting = [];
  let running = 0;
  const next = () => {
    if (running >= most || waiting.length === 0) return;
    running += 1;
    waiting.shift()().finally(() => {
      running -= 1;
      next();
    });
  };
  return (task) =>
    new Promise((resolve, reject) => {
      waiting.push(() => task().then(resolve, reject));
      next();
    });
}
