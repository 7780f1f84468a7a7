import { useEffect, useState } from "preact/hooks";
import { useDrawerFocus } from "./use-drawer-focus.ts";
import { useMedia } from "./use-media.ts";

/** What stands beside the conversation: the list of chats and the settings. */
export interface Panes {
  readonly isListShown: boolean;
  readonly isPanelShown: boolean;
  /** There is no room beside the conversation: the list lies over it. */
  readonly isListOver: boolean;
  /** One of them lies over the conversation now. */
  readonly isCovered: boolean;
  showList(isShown: boolean): void;
  showPanel(isShown: boolean): void;
  /** Closes the list if it lies over the conversation. */
  leaveList(): void;
  /** Closes what lies over the conversation. Returns whether there was something. */
  uncover(): boolean;
}

/** Both are shown where there is room for them. */
export function usePanes(): Panes {
  const isListOver = useMedia("(max-width: 760px)");
  const isPanelOver = useMedia("(max-width: 1120px)");
  const [isListShown, showList] = useState(!isListOver);
  const [isPanelShown, showPanel] = useState(!isPanelOver);
  useEffect(() => showList(!isListOver), [isListOver]);
  useEffect(() => showPanel(!isPanelOver), [isPanelOver]);
  const drawer = isListOver && isListShown ? ".sidebar" : isPanelOver && isPanelShown ? ".panel" : null;
  useDrawerFocus(drawer);
  const uncover = () => {
    if (drawer === ".sidebar") showList(false);
    if (drawer === ".panel") showPanel(false);
    return drawer !== null;
  };
  return {
    ...{ isListShown, isPanelShown, isListOver, isCovered: drawer !== null },
    ...{ showList, showPanel, uncover },
    leaveList: () => {
      if (isListOver) showList(false);
    },
  };
}
