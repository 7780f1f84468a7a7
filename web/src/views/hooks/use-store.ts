import { useEffect, useState } from "preact/hooks";
import type { Store } from "../../state/store.ts";

/** The store's state; pieces that arrive together are drawn together. */
export function useStore<State, Action>(store: Store<State, Action>): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      setState(store.state);
    };
    const stop = store.subscribe(() => {
      timer ??= setTimeout(draw, 16);
    });
    draw();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
  return state;
}
