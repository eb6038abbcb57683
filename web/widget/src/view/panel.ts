/** The open window: header, what was said, where to write. A dialog that keeps the focus until it is closed. */

import type { Chat } from "../chat";
import { h, icon, set, write } from "../dom";
import { type Language, ownName, type Words } from "../words";
import { Composer } from "./composer";
import { Log } from "./log";
import { SourceCard } from "./sources";

const FOCUSABLE = "button:not([disabled]), textarea, a[href], summary, [tabindex='0']";
/** A line that is lost for a blink is not worth a word. */
const SAY_LOST_AFTER_MS = 1_500;

export class Panel {
  readonly element: HTMLElement;
  readonly log: Log;
  readonly composer: Composer;
  private readonly card: SourceCard;
  private readonly avatar = h("span", { class: "avatar", "aria-hidden": "true" });
  private readonly name = h("h2", { class: "name", id: "title" });
  private readonly ai = h("span", { class: "ai" });
  private readonly state = h("p", { class: "presence", role: "status" });
  private readonly human: HTMLButtonElement;
  private readonly humanText = h("span");
  private readonly closer: HTMLButtonElement;
  private readonly notice = h("div", { class: "notice", role: "alert", hidden: true });
  private readonly caution = h("p", { class: "caution" });
  private words: Words | null = null;
  private lostAt = 0;
  private calling = false;

  constructor(
    private readonly chat: Chat,
    private readonly close: () => void,
    private readonly redraw: () => void,
  ) {
    this.human = h("button", { type: "button", class: "human", click: () => void this.call() }, icon("person"), this.humanText);
    this.closer = h("button", { type: "button", class: "quiet", click: close }, icon("close"));
    this.composer = new Composer(
      (text) => this.say(text),
      (draft) => chat.memory.tab.set({ draft }),
      () => chat.typing(),
    );
    this.log = new Log(chat, {
      cite: (opener, cited) => this.words && this.card.toggle(opener, cited, this.words),
      ask: (text) => {
        this.say(text);
        this.settle();
      },
      handOff: () => {
        void this.call();
        this.settle();
      },
    });
    this.element = h(
      "section",
      { class: "panel", role: "dialog", "aria-labelledby": "title", tabindex: "-1", hidden: true },
      h("header", { class: "head" }, this.avatar, h("div", { class: "titles" }, h("div", { class: "title" }, this.name, this.ai), this.state), this.closer),
      this.log.element,
      this.notice,
      this.composer.element,
      h("div", { class: "footer" }, this.human, this.caution),
    );
    this.card = new SourceCard(this.element);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.composer.fill(chat.memory.tab.get().draft);
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  show(focus: boolean): void {
    this.element.hidden = false;
    this.log.toEnd();
    this.composer.fit();
    if (focus) this.settle();
  }

  /** Puts the focus where one writes; on a touch screen not there, for a keyboard would cover what is to be read. */
  private settle(): void {
    const field = window.matchMedia("(pointer: coarse)").matches ? this.element : this.composer.field;
    field.focus({ preventScroll: true });
  }

  hide(): void {
    this.card.close(false);
    this.element.hidden = true;
  }

  update(words: Words, language: Language, coversPage: boolean): void {
    if (this.words !== words) this.card.close(false);
    this.words = words;
    const { owner } = this.chat.talk;
    const name = ownName(this.chat.hello.name, language) || words.desk;
    write(this.name, name);
    write(this.avatar, [...name][0] ?? "");
    set(this.element, "aria-modal", coversPage ? "true" : null);
    this.ai.hidden = owner === "person";
    write(this.ai, words.ai);
    set(this.ai, "title", words.aiLong);
    this.presence(words);
    const called = owner === "queue" || owner === "person" || this.calling;
    write(this.humanText, owner === "queue" || this.calling ? words.humanWaiting : words.human);
    set(this.human, "title", called ? words.humanAsked : words.humanLong);
    set(this.human, "aria-disabled", String(called));
    this.human.hidden = owner === "person";
    set(this.closer, "aria-label", words.close);
    set(this.closer, "title", words.close);
    this.notify(words);
    this.composer.update(words, owner === "person" || owner === "queue" ? words.placeholderPerson : owner === "nobody" ? words.placeholderEnded : words.placeholder, this.chat.hello.maxChars);
    write(this.caution, owner === "person" ? "" : words.footer);
    this.log.update(words, language);
  }

  private presence(words: Words): void {
    const { line, talk } = this.chat;
    const down = line === "lost" || (line !== "closed" && !navigator.onLine);
    if (!down) this.lostAt = 0;
    else if (this.lostAt === 0) {
      this.lostAt = Date.now();
      setTimeout(this.redraw, SAY_LOST_AFTER_MS + 20);
    }
    const lost = down && Date.now() - this.lostAt > SAY_LOST_AFTER_MS;
    const text = lost
      ? navigator.onLine
        ? words.lost
        : words.offline
      : { bot: words.quick, queue: words.queue, person: words.person, nobody: words.ended }[talk.owner];
    write(this.state, text);
    set(this.state, "data-look", lost ? "lost" : talk.owner);
  }

  private notify(words: Words): void {
    const { notice } = this.chat;
    this.notice.hidden = !notice;
    if (!notice) return;
    if (notice.until > 0) {
      const seconds = Math.max(1, Math.ceil((notice.until - Date.now()) / 1000));
      write(this.notice, words.tooMany(seconds));
      setTimeout(this.redraw, 500);
      return;
    }
    const own = { handoff: words.noHandOff, rating: words.noRating, too_many: words.oops, other: words.oops }[notice.code];
    write(this.notice, notice.text || own);
  }

  private say(text: string): void {
    this.chat.send(text);
    this.log.toEnd();
  }

  private async call(): Promise<void> {
    const { owner } = this.chat.talk;
    if (this.calling || owner === "queue" || owner === "person") return;
    this.calling = true;
    this.redraw();
    await this.chat.handOff();
    this.calling = false;
    this.redraw();
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      const asking = this.log.asking;
      if (this.card.open) this.card.close(true);
      else if (asking) asking.skip();
      else this.close();
    } else if (event.key === "Tab") this.trap(event);
  }

  /** Keeps Tab inside: in the source card while it is open, else in the window. */
  private trap(event: KeyboardEvent): void {
    const inside = this.card.element ?? this.element;
    const stops = [...inside.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((stop) => stop.getClientRects().length > 0);
    const first = stops[0];
    const last = stops[stops.length - 1];
    if (!first || !last) return;
    const focused = (this.element.getRootNode() as ShadowRoot).activeElement;
    if (event.shiftKey ? focused === first || focused === this.element : focused === last) {
      event.preventDefault();
      (event.shiftKey ? last : first).focus();
    }
  }
}

