/** Where the visitor writes. */

import { h, icon, set, write } from "../dom";
import type { Words } from "../words";

export class Composer {
  readonly element: HTMLElement;
  readonly field: HTMLTextAreaElement;
  private readonly button: HTMLButtonElement;
  private readonly count = h("span", { class: "count", id: "count", role: "status" });
  private limit = 4000;
  private words: Words | null = null;
  private lastTyping = 0;

  constructor(
    private readonly send: (text: string) => void,
    private readonly edited: (text: string) => void,
    private readonly typing: () => void,
  ) {
    this.field = h("textarea", { rows: "1", "aria-describedby": "count", enterkeyhint: "send", autocomplete: "off", dir: "auto" });
    this.field.addEventListener("input", () => this.grew());
    this.field.addEventListener("keydown", (event) => {
      // Enter that picks a word in an input method is not Enter; 229 is how Safari says so after the fact.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.submit();
    });
    this.button = h("button", { type: "submit", class: "send" }, icon("send"));
    this.element = h(
      "form",
      {
        class: "composer",
        submit: (event: SubmitEvent) => {
          event.preventDefault();
          this.submit();
        },
      },
      h("div", { class: "box" }, this.field, this.button),
      this.count,
    );
  }

  fill(text: string): void {
    this.field.value = text;
    this.fit();
  }

  update(words: Words, placeholder: string, limit: number): void {
    this.words = words;
    this.limit = limit;
    set(this.field, "placeholder", placeholder);
    set(this.field, "aria-label", placeholder);
    set(this.field, "title", words.hint);
    set(this.button, "aria-label", words.send);
    this.fit();
  }

  /** Grows with the text up to a few lines, then scrolls. */
  fit(): void {
    this.field.style.height = "auto";
    if (this.field.scrollHeight > 0) this.field.style.height = `${Math.min(this.field.scrollHeight, 132)}px`;
    const left = this.limit - [...this.field.value].length;
    set(this.button, "aria-disabled", String(!this.field.value.trim() || left < 0));
    set(this.count, "data-over", left < 0);
    write(this.count, !this.words || left > this.limit / 10 ? "" : left < 0 ? this.words.tooLong(-left) : this.words.left(left));
  }

  private grew(): void {
    this.fit();
    this.edited(this.field.value);
    if (this.field.value && Date.now() - this.lastTyping > 3_000) {
      this.lastTyping = Date.now();
      this.typing();
    }
  }

  private submit(): void {
    const text = this.field.value.trim();
    if (!text || [...text].length > this.limit) return;
    this.fill("");
    this.edited("");
    this.send(text);
    this.field.focus();
  }
}
