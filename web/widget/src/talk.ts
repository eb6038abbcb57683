/** The conversation as the visitor sees it: a fold over frames, plus the visitor's own words that are still on their way. */

import type { Author, Citation, Frame, MessageFrame, Owner, Sentence, Status } from "./wire";

export type Delivery = "sending" | "sent" | "delivered" | "failed";

export interface Message {
  readonly kind: "message";
  readonly id: string;
  readonly chapter: number;
  number: number | null;
  at: number;
  readonly author: Author;
  readonly text: string;
  readonly key: string;
  readonly citations: readonly Citation[];
  readonly sentences: readonly Sentence[];
  readonly quickReplies: readonly string[];
  readonly outcome: string;
  delivery: Delivery;
  /** Why it failed, in words for the visitor; empty when nobody said. */
  trouble: string;
  /** It came while the visitor was here, so it may be animated. */
  readonly fresh: boolean;
}

export interface Note {
  readonly kind: "note";
  readonly id: string;
  readonly chapter: number;
  readonly number: number;
  readonly at: number;
  readonly owner: Owner;
}

export type Entry = Message | Note;

export class Talk {
  entries: Entry[] = [];
  owner: Owner = "bot";
  /** Highest number seen: where to resume. */
  last = -1;
  /** Grows when the conversation on screen is followed by another one. */
  chapter = 0;
  readonly ratings = new Map<string, boolean>();
  private seen = new Set<number>();

  /** Takes a numbered frame in; returns a message of the desk that is new to us. */
  take(frame: Frame, fresh: boolean): Message | null {
    if (!("number" in frame) || frame.type === "ack") return null;
    if (this.seen.has(frame.number)) return null;
    this.seen.add(frame.number);
    this.last = Math.max(this.last, frame.number);
    switch (frame.type) {
      case "message.created":
        return this.said(frame, fresh);
      case "owner.changed":
        this.owns(frame.owner, frame.number, frame.at);
        return null;
      case "rating.saved":
        this.ratings.set(frame.key, frame.helpful);
        return null;
      default:
        return null;
    }
  }

  /** Puts the visitor's words on screen before the desk has them. */
  write(id: string, text: string): Message {
    const message: Message = {
      kind: "message",
      id: `c:${id}`,
      chapter: this.chapter,
      number: null,
      at: Date.now(),
      author: "customer",
      text,
      key: "",
      citations: [],
      sentences: [],
      quickReplies: [],
      outcome: "",
      delivery: "sending",
      trouble: "",
      fresh: true,
    };
    this.entries.push(message);
    return message;
  }

  mine(id: string): Message | null {
    const found = this.entries.find((entry) => entry.id === `c:${id}`);
    return found?.kind === "message" ? found : null;
  }

  accepted(id: string, number: number): void {
    const message = this.mine(id);
    if (!message) return;
    if (number >= 0) message.number = number;
    message.trouble = "";
    if (message.delivery !== "delivered") message.delivery = "sent";
    this.sort();
  }

  failed(id: string, trouble: string): void {
    const message = this.mine(id);
    if (!message || message.number !== null) return;
    message.delivery = "failed";
    message.trouble = trouble;
  }

  /** Somebody on the other side is at it: what was sent has arrived. */
  heard(): void {
    for (const entry of this.entries) {
      if (entry.kind === "message" && entry.delivery === "sent") entry.delivery = "delivered";
    }
  }

  /** Starts another conversation below the old one, whose words stay readable. */
  turnPage(): void {
    if (this.entries.some((entry) => entry.chapter === this.chapter && entry.number !== null)) this.chapter++;
    // What the desk never took belongs to the new conversation.
    this.entries = this.entries.map((entry) =>
      entry.kind === "message" && entry.number === null ? { ...entry, chapter: this.chapter } : entry,
    );
    this.owner = "bot";
    this.last = -1;
    this.seen = new Set();
  }

  clear(): void {
    this.entries = [];
    this.turnPage();
    this.ratings.clear();
  }

  get lastMessage(): Message | null {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i];
      if (entry?.kind === "message") return entry;
    }
    return null;
  }

  private said(frame: MessageFrame, fresh: boolean): Message | null {
    const own = frame.author === "customer" && frame.clientId ? this.mine(frame.clientId) : null;
    if (own) {
      own.number = frame.number;
      own.at = frame.at;
      own.trouble = "";
      if (own.delivery !== "delivered") own.delivery = "sent";
      this.sort();
      return null;
    }
    const message: Message = {
      kind: "message",
      id: frame.author === "customer" && frame.clientId ? `c:${frame.clientId}` : `${this.chapter}:${frame.number}`,
      chapter: this.chapter,
      number: frame.number,
      at: frame.at,
      author: frame.author,
      text: frame.text,
      key: frame.key,
      citations: frame.citations,
      sentences: frame.sentences,
      quickReplies: frame.quickReplies,
      outcome: frame.outcome,
      delivery: "sent",
      trouble: "",
      fresh,
    };
    this.entries.push(message);
    this.sort();
    if (frame.author === "customer") return null;
    this.heard();
    return message;
  }

  private owns(owner: Owner, number: number, at: number): void {
    const before = this.owner;
    this.owner = owner;
    // That a machine begins, or begins again after the end, is no news.
    if (owner === before || (owner === "bot" && before === "nobody")) return;
    this.entries.push({ kind: "note", id: `${this.chapter}:${number}`, chapter: this.chapter, number, at, owner });
    this.sort();
  }

  private sort(): void {
    const place = (entry: Entry): number => entry.number ?? Number.MAX_SAFE_INTEGER;
    this.entries.sort((a, b) => a.chapter - b.chapter || place(a) - place(b)); // stable: what waits keeps its order
  }
}

/** What is going on right now on the other side; forgotten 15 seconds after the last sign of it. */
export class Activity {
  /** Text of a reply that is still being written. */
  draft = "";
  status: Status | null = null;
  typing = false;
  private timer = 0;
  private soon = 0;
  private stale = false;

  constructor(private readonly changed: () => void) {}

  /** Shows dots a moment later, so that a quick answer does not make them flicker. */
  expect(): void {
    if (this.soon || this.typing || this.draft) return this.sign();
    this.soon = window.setTimeout(() => {
      this.soon = 0;
      this.typing = true;
      this.sign();
      this.changed();
    }, 300);
  }

  take(frame: Frame): void {
    switch (frame.type) {
      case "reply.status":
        if (frame.status === "searching") this.stale = false; // a turn begins: nothing of it was missed
        this.status = frame.status;
        this.expect();
        break;
      case "typing":
        if (frame.author !== "customer") this.expect();
        break;
      case "reply.delta":
        if (this.stale) break; // the beginning was said while the line was down
        // A delta may be a whole sentence; Latin ones want a space between them.
        if (/[.!?]["')]?$/.test(this.draft) && /^["'(]?[A-Z]/.test(frame.text)) this.draft += " ";
        this.draft += frame.text;
        this.quiet();
        this.sign();
        break;
      case "reply.withdrawn":
        this.stale = false;
        this.draft = "";
        this.expect();
        break;
      default:
        break;
    }
  }

  /** The reply is there, or nobody is writing any more. */
  end(): void {
    this.quiet();
    clearTimeout(this.timer);
    this.draft = "";
    this.status = null;
    this.stale = false;
  }

  /** The line opened while a reply may be half said: its second half must not stand alone. */
  joinLate(): void {
    this.stale = true;
  }

  private quiet(): void {
    clearTimeout(this.soon);
    this.soon = 0;
    this.typing = false;
  }

  private sign(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.end();
      this.changed();
    }, 15_000);
  }
}
