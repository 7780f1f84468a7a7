import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** So near to the end counts as the end, pixels: zoomed pages have halves of them. */
const atEndWithin = 8;
/** So far from the end, a way back is offered, pixels. */
const awayFrom = 120;

/**
 * Keeps the end of a growing text in view for as long as its reader is there: who scrolls up is left alone, who comes
 * back to the end is taken along again.
 */
export function useFollowEnd() {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(true);
  const lastTop = useRef(0);
  const [isAway, setAway] = useState(false);

  const distance = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current!;
    return scrollHeight - scrollTop - clientHeight;
  };
  const settle = () => {
    const view = scroller.current;
    if (view === null) return;
    if (isFollowing.current) view.scrollTop = view.scrollHeight;
    lastTop.current = view.scrollTop;
    setAway(distance() > awayFrom);
  };
  const follow = () => {
    isFollowing.current = true;
    settle();
  };
  const onScroll = () => {
    const top = scroller.current!.scrollTop;
    if (distance() <= atEndWithin) isFollowing.current = true;
    else if (top < lastTop.current - 1) isFollowing.current = false;
    lastTop.current = top;
    setAway(distance() > awayFrom);
  };
  useLayoutEffect(settle, []);
  // Called between layout and painting: what grows is never seen out of its place.
  useEffect(() => {
    const observer = new ResizeObserver(settle);
    for (const box of [scroller.current, content.current]) if (box !== null) observer.observe(box);
    return () => observer.disconnect();
  }, []);
  return { scroller, content, isAway, follow, onScroll };
}
