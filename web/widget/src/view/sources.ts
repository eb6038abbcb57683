/** Where an answer comes from: chips in the text, a pop-over for one source, a list for all. */

import { h, icon, set } from "../dom";
import { safeAddress } from "../marks";
import type { Citation } from "../wire";
import type { Words } from "../words";

/** Shows one source over the panel, next to what opened it; Esc, the cross or a press elsewhere closes it and gives the focus back. */
export class SourceCard {
  private card: HTMLElement | null = null;
  private opener: HTMLElement | null = null;

  constructor(private readonly panel: HTMLElement) {
    panel.addEventListener("pointerdown", (event) => {
      const path = event.composedPath();
      if (this.card && !path.includes(this.card) && !(this.opener && path.includes(this.opener))) this.close(false);
    });
  }

  get open(): boolean {
    return this.card !== null;
  }

  get element(): HTMLElement | null {
    return this.card;
  }

  toggle(opener: HTMLElement, cited: Citation, words: Words): void {
    const again = this.opener === opener;
    this.close(again);
    if (again) return;
    this.opener = opener;
    set(opener, "aria-expanded", "true");
    const href = cited.url ? safeAddress(cited.url) : null;
    const cross = h("button", { type: "button", class: "quiet", "aria-label": words.close, click: () => this.close(true) }, icon("close"));
    this.card = h(
      "div",
      { class: "card", role: "dialog", "aria-label": `${words.source(cited.index)}: ${cited.title}` },
      h("div", { class: "card-head" }, h("span", { class: "card-number" }, String(cited.index)), h("strong", {}, cited.title), cross),
      h("p", { class: "card-snippet", tabindex: "0" }, cited.snippet),
      href ? h("a", { class: "card-link", href, target: "_blank", rel: "noopener noreferrer" }, words.openSource, icon("out")) : null,
    );
    this.panel.append(this.card);
    this.place();
    cross.focus();
  }

  close(giveFocusBack: boolean): void {
    this.card?.remove();
    this.card = null;
    const opener = this.opener;
    this.opener = null;
    if (!opener) return;
    set(opener, "aria-expanded", "false");
    if (giveFocusBack) opener.focus();
  }

  /** Below the chip when there is room, so that its sentence stays readable, else above; always inside the panel. */
  private place(): void {
    if (!this.card || !this.opener) return;
    const around = this.panel.getBoundingClientRect();
    const chip = this.opener.getBoundingClientRect();
    const own = this.card.getBoundingClientRect();
    const left = Math.max(12, Math.min(chip.left - around.left - own.width / 2, around.width - own.width - 12));
    const below = chip.bottom - around.top + 8;
    const above = chip.top - around.top - own.height - 8;
    const fits = below + own.height < around.height - 12;
    this.card.style.left = `${left}px`;
    this.card.style.top = `${Math.max(12, fits ? below : above)}px`;
  }
}

export function sourceList(citations: readonly Citation[], words: Words, open: (opener: HTMLElement, cited: Citation) => void): HTMLElement | null {
  const once = [...new Map(citations.map((cited) => [cited.index, cited])).values()].sort((a, b) => a.index - b.index);
  if (once.length === 0) return null;
  const items = once.map((cited) => {
    const button = h(
      "button",
      { type: "button", class: "source", "aria-haspopup": "dialog", "aria-expanded": "false", click: () => open(button, cited) },
      h("span", { class: "source-number" }, String(cited.index)),
      h("span", { class: "source-title" }, cited.title),
    );
    return h("li", {}, button);
  });
  return h("details", { class: "sources" }, h("summary", {}, icon("book"), words.sources(once.length)), h("ul", {}, ...items));
}
