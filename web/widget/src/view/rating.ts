/** Thumbs under an answer; a thumb down asks why, and takes no for an answer. */

import { h, icon, set } from "../dom";
import type { Words } from "../words";

type Rate = (helpful: boolean, reasons: readonly string[], comment: string) => Promise<boolean>;

export class Rating {
  readonly element = h("div", { class: "rating" });
  private form: HTMLFormElement | null = null;
  private readonly good: HTMLButtonElement;
  private readonly bad: HTMLButtonElement;
  private readonly thanks = h("span", { class: "thanks", role: "status" });
  private given: boolean | undefined;

  constructor(
    private readonly words: Words,
    private readonly rate: Rate,
  ) {
    this.good = h("button", { type: "button", class: "thumb", "aria-label": words.helpful, title: words.helpful, click: () => this.praise() }, icon("up"));
    this.bad = h("button", { type: "button", class: "thumb", "aria-label": words.unhelpful, title: words.unhelpful, click: () => this.ask() }, icon("thumbDown"));
    this.element.append(h("div", { class: "thumbs" }, this.thanks, this.good, this.bad));
    this.update(undefined);
  }

  get asking(): boolean {
    return this.form !== null;
  }

  update(given: boolean | undefined): void {
    this.given = given;
    set(this.good, "aria-pressed", String(given === true));
    set(this.bad, "aria-pressed", String(given === false || this.form !== null));
    if (given === undefined) this.thanks.textContent = "";
  }

  /** Closes the question without an answer; the thumb itself was counted when it was pressed. */
  skip(): void {
    this.shut(this.bad);
    this.thanks.textContent = this.words.rated;
  }

  private praise(): void {
    this.shut(this.good);
    if (this.given !== true) void this.send(true, [], "");
  }

  private ask(): void {
    if (this.form) return this.skip();
    if (this.given !== false) void this.rate(false, [], "");
    this.thanks.textContent = "";
    const chosen = new Set<string>();
    const reasons = Object.entries(this.words.reasons).map(([code, label]) => {
      const chip = h(
        "button",
        {
          type: "button",
          class: "reason",
          "aria-pressed": "false",
          click: () => {
            if (!chosen.delete(code)) chosen.add(code);
            set(chip, "aria-pressed", String(chosen.has(code)));
          },
        },
        label,
      );
      return chip;
    });
    const comment = h("textarea", { rows: "2", maxlength: "1000", placeholder: this.words.comment, "aria-label": this.words.comment });
    this.form = h(
      "form",
      {
        class: "why",
        submit: (event: SubmitEvent) => {
          event.preventDefault();
          void this.send(false, [...chosen], comment.value.trim());
        },
      },
      h("div", { class: "why-title" }, this.words.whyBad),
      h("div", { class: "reasons", role: "group", "aria-label": this.words.whyBad }, ...reasons),
      comment,
      h(
        "div",
        { class: "why-end" },
        h("button", { type: "button", class: "plain", click: () => this.skip() }, this.words.skip),
        h("button", { type: "submit", class: "solid" }, this.words.submit),
      ),
    );
    this.element.append(this.form);
    this.update(this.given);
    reasons[0]?.focus();
    this.form.scrollIntoView({ block: "nearest" });
  }

  private shut(focusOn: HTMLElement): void {
    const within = this.form?.contains((this.element.getRootNode() as ShadowRoot).activeElement) ?? false;
    this.form?.remove();
    this.form = null;
    if (within) focusOn.focus();
  }

  private async send(helpful: boolean, reasons: readonly string[], comment: string): Promise<void> {
    this.shut(helpful ? this.good : this.bad);
    if (await this.rate(helpful, reasons, comment)) this.thanks.textContent = this.words.rated;
  }
}
