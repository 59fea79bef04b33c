// A value that changes with every frame, shown less often: what is read needs no more, and laying it out takes longer than
// colouring a map.
import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

/** The latest value of a signal, renewed at most once in so many milliseconds; the last one always comes. */
export function useThrottled<T>(source: ReadonlySignal<T>, everyMs: number): T {
  const [shown, setShown] = useState<{ value: T }>(() => ({ value: source.peek() }));
  useEffect(() => {
    let last = -Infinity;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      last = performance.now();
      setShown({ value: source.peek() });
    };
    const stop = effect(() => {
      void source.value;
      clearTimeout(timer);
      const wait = last + everyMs - performance.now();
      if (wait <= 0) show();
      else timer = setTimeout(show, wait);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [source, everyMs]);
  return shown.value;
}
