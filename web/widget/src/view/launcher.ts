/** What a visitor sees before opening: the round button, its badge and a greeting. */

import { h, icon, set, write } from "../dom";
import type { Words } from "../words";

export interface LauncherState {
  readonly open: boolean;
  readonly unread: number;
  readonly title: string;
  readonly expanded: boolean;
  readonly hidden: boolean;
  /** Text of the pop-up above the button; empty for none. */
  readonly peek: string;
  readonly words: Words;
}

export class Launcher {
  readonly button: HTMLButtonElement;
  readonly element: HTMLElement;
  private readonly label = h("span", { class: "label" });
  private readonly badge = h("span", { class: "badge", "aria-hidden": "true", hidden: true });
  private readonly peek: HTMLElement;
  private readonly peekText: HTMLButtonElement;
  private readonly peekClose: HTMLButtonElement;

  constructor(press: () => void, dismiss: () => void) {
    this.button = h(
      "button",
      { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", click: press },
      h("span", { class: "glyphs" }, icon("chat"), icon("down")),
      this.label,
      this.badge,
    );
    this.peekText = h("button", { type: "button", class: "peek-text", click: press });
    this.peekClose = h("button", { type: "button", class: "peek-close", click: dismiss }, icon("close"));
    this.peek = h("div", { class: "peek", hidden: true }, this.peekText, this.peekClose);
    this.element = h("div", { class: "dock" }, h("div", { role: "status" }, this.peek), this.button);
  }

  update(state: LauncherState): void {
    const { words, unread, open } = state;
    set(this.element, "hidden", state.hidden);
    set(this.button, "aria-expanded", String(open));
    const label = open ? words.close : state.title || words.open;
    set(this.button, "aria-label", unread > 0 && !open ? `${label}, ${words.unread(unread)}` : label);
    set(this.button, "data-open", open);
    const wide = state.expanded && !open && state.title !== "";
    set(this.button, "data-wide", wide);
    write(this.label, wide ? state.title : "");
    set(this.badge, "hidden", unread === 0 || open);
    write(this.badge, unread > 99 ? "99+" : String(unread));
    set(this.peekClose, "aria-label", words.close);
    write(this.peekText, state.peek);
    set(this.peek, "hidden", open || !state.peek);
  }
}
