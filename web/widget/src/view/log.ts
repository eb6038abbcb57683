/** The list of what was said. Rows are kept and only changed ones are made anew, so focus, selection and screen readers stay put. */

import type { Chat } from "../chat";
import { h, icon, set, write } from "../dom";
import { marks, withChips } from "../marks";
import type { Entry, Message } from "../talk";
import type { Citation } from "../wire";
import { type Language, ownName, type Words } from "../words";
import { Rating } from "./rating";
import { sourceList } from "./sources";

const SAME_BREATH_MS = 5 * 60_000;
/** After such a pause the time is said again. */
const LONG_PAUSE_MS = 10 * 60_000;

interface Row {
  readonly key: string;
  /** Whatever the row's look depends on; another stamp makes another element. */
  readonly stamp: string;
  readonly make: () => HTMLElement;
}

export interface LogDoor {
  cite(opener: HTMLElement, cited: Citation): void;
  ask(text: string): void;
  handOff(): void;
}

export class Log {
  readonly element: HTMLElement;
  /** Live text, outside the announced list: read out word by word it would be noise. */
  private readonly draft = h("div", { class: "rows", "aria-live": "off" });
  private readonly rows: HTMLElement;
  private readonly jump: HTMLButtonElement;
  private readonly scroller: HTMLElement;
  private readonly made = new Map<string, { stamp: string; element: HTMLElement }>();
  private readonly ratings = new Map<string, Rating>();
  private readonly dots: HTMLElement;
  private readonly dotsText = h("span", { class: "dots-text" });
  private readonly draftText = h("div", { class: "bubble" });
  private drafted = "";
  private pinned = true;
  private lastKey = "";

  constructor(
    private readonly chat: Chat,
    private readonly door: LogDoor,
  ) {
    this.rows = h("div", { class: "rows", role: "log", "aria-live": "polite", "aria-relevant": "additions" });
    const dot = (): HTMLElement => h("i");
    this.dots = h("div", { class: "row bot", role: "status", hidden: true }, h("div", { class: "bubble dots" }, h("span", { class: "three", "aria-hidden": "true" }, dot(), dot(), dot()), this.dotsText));
    this.draft.append(h("div", { class: "row bot draft", hidden: true }, this.draftText));
    this.scroller = h("div", { class: "scroller", tabindex: "-1" }, this.rows, this.draft, h("div", { class: "rows" }, this.dots));
    this.jump = h("button", { type: "button", class: "jump", hidden: true, click: () => this.toEnd() }, icon("down"));
    this.element = h("div", { class: "log" }, this.scroller, this.jump);
    this.scroller.addEventListener(
      "scroll",
      () => {
        const { scrollTop, scrollHeight, clientHeight } = this.scroller;
        this.pinned = scrollHeight - scrollTop - clientHeight < 48;
        if (this.pinned) this.jump.hidden = true;
      },
      { passive: true },
    );
  }

  get asking(): Rating | undefined {
    return [...this.ratings.values()].find((rating) => rating.asking);
  }

  toEnd(): void {
    this.pinned = true;
    this.jump.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  update(words: Words, language: Language): void {
    set(this.rows, "aria-label", words.log);
    const rows = this.plan(words, language);
    this.lay(rows);
    this.live(words);
    for (const [key, rating] of this.ratings) {
      if (!rating.asking) rating.update(this.chat.talk.ratings.get(key));
    }
    this.follow(words, rows);
  }

  /** Stays at the end; a reply longer than the window is shown from its first line. */
  private follow(words: Words, rows: readonly Row[]): void {
    const last = this.chat.talk.lastMessage;
    const key = last?.id ?? "";
    const arrived = key !== this.lastKey;
    this.lastKey = key;
    if (arrived && last?.author === "customer") this.pinned = true;
    if (this.pinned) {
      this.scroller.scrollTop = this.scroller.scrollHeight;
      const begin = last && last.author !== "customer" ? this.made.get(last.id)?.element : undefined;
      if (begin && arrived && begin.offsetTop < this.scroller.scrollTop) this.scroller.scrollTop = begin.offsetTop - 8;
    } else if (arrived && rows.length > 0) {
      this.jump.hidden = false;
      set(this.jump, "aria-label", words.newMessages);
      set(this.jump, "title", words.newMessages);
    }
  }

  private live(words: Words): void {
    const { activity } = this.chat;
    const row = this.draftText.parentElement as HTMLElement;
    const text = activity.draft.trimStart();
    row.hidden = !text;
    if (text !== this.drafted) {
      this.drafted = text;
      this.draftText.replaceChildren(marks(text, () => null));
    }
    this.dots.hidden = !activity.typing || !!text;
    write(this.dotsText, this.dots.hidden ? "" : activity.status ? words[activity.status] : "");
    set(this.dots, "aria-label", activity.status ? null : words.typing);
  }

  private lay(rows: readonly Row[]): void {
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, { element }] of this.made) {
      if (wanted.has(key)) continue;
      element.remove();
      this.made.delete(key);
    }
    let before: Element | null = null;
    for (const { key, stamp, make } of rows) {
      let entry = this.made.get(key);
      if (!entry || entry.stamp !== stamp) {
        const element = make();
        if (entry) entry.element.replaceWith(element);
        entry = { stamp, element };
        this.made.set(key, entry);
      }
      const place: Element | null = before ? before.nextElementSibling : this.rows.firstElementChild;
      if (place !== entry.element) this.rows.insertBefore(entry.element, place);
      before = entry.element;
    }
  }

  private plan(words: Words, language: Language): Row[] {
    const { entries } = this.chat.talk;
    const rows: Row[] = [];
    let chapter = 0;
    if (this.chat.loading) {
      return [{ key: "loading", stamp: language, make: () => h("div", { class: "note" }, words.loading) }];
    }
    const lastOwn = [...entries].reverse().find((entry): entry is Message => entry.kind === "message" && entry.author === "customer");
    const last = this.chat.talk.lastMessage;
    rows.push(timeRow("start", entries[0]?.at ?? Date.now(), words, language), ...this.intro(words, language, entries.length === 0));
    entries.forEach((entry, i) => {
      const before = entries[i - 1];
      if (before && (dayOf(before.at) !== dayOf(entry.at) || entry.at - before.at > LONG_PAUSE_MS)) rows.push(timeRow(entry.id, entry.at, words, language));
      if (entry.chapter !== chapter) {
        chapter = entry.chapter;
        rows.push({ key: `chapter:${chapter}`, stamp: language, make: () => h("div", { class: "note" }, words.newTalk) });
      }
      if (entry.kind === "note") rows.push(noteRow(entry.id, entry.owner, words, language));
      else rows.push(...this.message(entry, before, entries[i + 1], entry === last, entry === lastOwn, words, language));
    });
    return rows;
  }

  /** The first words: who this is, that it is a machine, how to reach a person, what others ask. */
  private intro(words: Words, language: Language, empty: boolean): Row[] {
    const { greetings } = this.chat.hello;
    const name = ownName(this.chat.hello.name, language);
    const own = greetings[language] ?? [];
    const { text, questions } = opening(own);
    const hello = text || (name ? words.hello(name) : words.helloAnyone);
    const rows: Row[] = [
      {
        key: "intro",
        stamp: [language, hello].join(),
        make: () =>
          h("div", { class: "row bot first intro" }, h("div", { class: "bubble" }, h("p", {}, hello), h("p", {}, words.whoAmI), h("p", {}, words.howToPerson))),
      },
    ];
    if (empty && questions.length > 0) {
      rows.push({
        key: "questions",
        stamp: [language, ...questions].join(),
        make: () => h("div", { class: "questions" }, h("div", { class: "caption" }, words.tryAsking), ...questions.map((question) => this.ask(question, "question"))),
      });
    }
    return rows;
  }

  private ask(text: string, look: string): HTMLElement {
    return h("button", { type: "button", class: look, click: () => this.door.ask(text) }, text);
  }

  private message(message: Message, before: Entry | undefined, after: Entry | undefined, last: boolean, lastOwn: boolean, words: Words, language: Language): Row[] {
    const own = message.author === "customer";
    const first = !joins(before, message);
    const end = !joins(message, after);
    const rows: Row[] = [
      {
        key: message.id,
        stamp: [language, first, end, message.number === null && !own].join(),
        make: () => this.bubble(message, first, end, words),
      },
    ];
    if (own) {
      if (lastOwn || message.delivery === "failed" || message.delivery === "sending") {
        rows.push({
          key: `${message.id}:state`,
          stamp: [language, message.delivery, message.trouble].join(),
          make: () => this.state(message, words),
        });
      }
      return rows;
    }
    const rateable = message.author === "bot" && message.key !== "" && message.outcome === "answered" && message.chapter === this.chat.talk.chapter;
    if (message.citations.length > 0 || rateable) {
      rows.push({ key: `${message.id}:foot`, stamp: [language, rateable].join(), make: () => this.foot(message, rateable, words) });
    }
    const person = message.outcome === "offered_person" && message.quickReplies.length === 0;
    if (last && this.chat.talk.owner === "bot" && (message.quickReplies.length > 0 || person)) {
      rows.push({
        key: `${message.id}:quick`,
        stamp: [language, person].join(),
        make: () =>
          h(
            "div",
            { class: "quick", role: "group", "aria-label": words.quickReplies },
            person ? h("button", { type: "button", class: "reply strong", click: () => this.door.handOff() }, icon("person"), words.humanLong) : null,
            ...message.quickReplies.map((text) => this.ask(text, "reply")),
          ),
      });
    }
    return rows;
  }

  private foot(message: Message, rateable: boolean, words: Words): HTMLElement {
    const foot = h("div", { class: "row bot under" });
    const sources = sourceList(message.citations, words, (opener, cited) => this.door.cite(opener, cited));
    if (sources) foot.append(sources);
    if (rateable) {
      const rating = new Rating(words, (helpful, reasons, comment) => this.chat.rate(message.key, helpful, reasons, comment));
      this.ratings.set(message.key, rating);
      foot.append(rating.element);
    }
    return foot;
  }

  private bubble(message: Message, first: boolean, end: boolean, words: Words): HTMLElement {
    const own = message.author === "customer";
    const bubble = h("div", { class: "bubble", dir: "auto" });
    if (own) bubble.append(message.text);
    else bubble.append(marks(withChips(message.text, message.sentences), (n) => this.chip(message, n, words)));
    const who = own ? words.you : message.author === "person" ? words.agent : words.bot;
    return h(
      "div",
      { class: ["row", message.author, first && "first", end && "end", message.fresh && "fresh"].filter(Boolean).join(" ") },
      first && message.author === "person" ? h("div", { class: "who", "aria-hidden": "true" }, icon("person"), words.agent) : null,
      h("span", { class: "unseen" }, `${who}: `),
      bubble,
    );
  }

  private chip(message: Message, n: number, words: Words): HTMLElement | null {
    const cited = message.citations.find((citation) => citation.index === n);
    if (!cited) return null;
    const chip = h(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-label": `${words.source(n)}: ${cited.title}`,
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        click: () => this.door.cite(chip, cited),
      },
      String(n),
    );
    return chip;
  }

  private state(message: Message, words: Words): HTMLElement {
    const { delivery } = message;
    if (delivery === "failed") {
      return h(
        "div",
        { class: "row customer under" },
        h("div", { class: "state bad" }, icon("alert"), h("span", {}, message.trouble || words.failed), h("button", { type: "button", class: "link", click: () => this.chat.retry(message) }, words.retry)),
      );
    }
    const look = delivery === "sending" ? "clock" : delivery === "sent" ? "tick" : "ticks";
    return h("div", { class: "row customer under" }, h("div", { class: "state", "data-state": delivery }, h("span", {}, words[delivery]), icon(look)));
  }
}

/** A greeting list may begin with a sentence to say; its questions are suggested. */
export function opening(greetings: readonly string[]): { text: string; questions: readonly string[] } {
  const asks = (text: string): boolean => /[?？]\s*$/.test(text) && !/^(你好|您好|欢迎|hi\b|hello\b|welcome\b)/i.test(text);
  return { text: greetings.filter((text) => !asks(text))[0] ?? "", questions: greetings.filter(asks).slice(0, 5) };
}

const dayOf = (at: number): string => new Date(at).toDateString();

function joins(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.kind === "message" && b?.kind === "message" && a.author === b.author && a.chapter === b.chapter && Math.abs(b.at - a.at) < SAME_BREATH_MS && dayOf(a.at) === dayOf(b.at);
}

function timeRow(key: string, at: number, words: Words, language: Language): Row {
  const day = dayOf(at);
  const name =
    day === dayOf(Date.now())
      ? words.today
      : day === dayOf(Date.now() - 86_400_000)
        ? words.yesterday
        : new Intl.DateTimeFormat(language, { month: "long", day: "numeric", weekday: "short" }).format(at);
  const text = `${name} ${new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false }).format(at)}`;
  return { key: `time:${key}`, stamp: text, make: () => h("div", { class: "day" }, h("span", {}, text)) };
}

function noteRow(id: string, owner: string, words: Words, language: Language): Row {
  const text = { queue: words.noteQueue, person: words.notePerson, bot: words.noteBot, nobody: words.noteNobody }[owner] ?? "";
  return { key: `note:${id}`, stamp: language, make: () => h("div", { class: "note" }, text) };
}
