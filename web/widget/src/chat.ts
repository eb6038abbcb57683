/** One visitor's talk with the desk: session, sending, catching up, several tabs. Knows nothing of how it looks. */

import { type Credentials, Desk, type Hello, Trouble } from "./desk";
import { Line, type LineState } from "./line";
import { Memory } from "./memory";
import { Activity, type Message, Talk } from "./talk";
import type { Frame } from "./wire";

const ACK_WITHIN_MS = 6_000;
/** So long a message waits for a line that is being opened, lest the beginning of its answer be missed. */
const LINE_WITHIN_MS = 1_500;
const TRIES = 3;

export interface Heard {
  /** Something to draw changed. */
  changed(): void;
  /** The desk said something new. */
  message(message: Message): void;
  error(code: string, message: string): void;
}

/** Short-lived words to the visitor; `until` counts down to an automatic resend. */
export interface Notice {
  readonly code: "too_many" | "handoff" | "rating" | "other";
  readonly text: string;
  readonly until: number;
}

type Sending = { readonly ok: true; readonly number: number } | { readonly ok: false; readonly why: Trouble };

export class Chat {
  readonly talk = new Talk();
  readonly activity: Activity;
  readonly memory: Memory;
  hello: Hello = { name: "", greetings: {}, maxChars: 4000 };
  notice: Notice | null = null;
  line: LineState = "closed";
  loading = false;
  private readonly desk: Desk;
  private readonly wire: Line;
  private readonly acks = new Map<string, (sent: Sending | null) => void>();
  private who: Credentials | null = null;
  /** The conversation whose line is open. */
  private joined = "";
  /** A session that was given up; the desk decides whether it still counts for anything. */
  private former = "";
  private queue: { id: string; text: string }[] = [];
  private pumping = false;
  private ready: Promise<string> | null = null;
  private noticeTimer = 0;
  private told = false;
  private opened: () => void = () => undefined;

  constructor(
    baseUrl: string,
    token: string,
    language: () => string,
    private readonly heard: Heard,
  ) {
    this.memory = new Memory(token);
    this.desk = new Desk(baseUrl, token, language, (before, session) => this.renew(before, session));
    this.activity = new Activity(() => this.heard.changed());
    this.wire = new Line(this.desk, {
      after: () => this.talk.last,
      frame: (frame) => this.take(frame, true),
      state: (state) => this.lineTurned(state),
      check: () => this.catchUp(true),
    });
    this.memory.onOtherTab(() => void this.followOtherTab());
  }

  /** Greets the desk and, for a visitor who was here before, reads what was said. Nothing is kept for one who never writes. */
  async start(): Promise<void> {
    for (const { id, text } of this.memory.tab.get().outbox) {
      this.talk.write(id, text);
      this.queue.push({ id, text });
    }
    const resumed = this.memory.visitor.get().conversation ? this.resume() : Promise.resolve();
    await this.learn();
    await resumed;
    this.heard.changed();
    void this.pump();
  }

  /** Asks the desk for its name and greetings, unless it told already. */
  async learn(): Promise<void> {
    if (this.told) return;
    this.told = true;
    try {
      this.hello = await this.desk.hello();
    } catch (error) {
      this.told = false;
      this.tell(error);
    }
    this.heard.changed();
  }

  send(text: string): void {
    const id = newId();
    this.talk.write(id, text);
    this.queue.push({ id, text });
    this.keepOutbox();
    this.heard.changed();
    void this.pump();
  }

  retry(message: Message): void {
    const id = message.id.slice(2);
    if (this.queue.some((one) => one.id === id)) return;
    message.delivery = "sending";
    message.trouble = "";
    this.queue.push({ id, text: message.text });
    this.keepOutbox();
    this.heard.changed();
    void this.pump();
  }

  async handOff(): Promise<boolean> {
    try {
      await this.withSession((session, conversation) => this.desk.handOff(session, conversation));
      return true;
    } catch (error) {
      this.show({ code: "handoff", text: "", until: 0 });
      this.tell(error);
      return false;
    }
  }

  async rate(key: string, helpful: boolean, reasons: readonly string[], comment: string): Promise<boolean> {
    const before = this.talk.ratings.get(key);
    this.talk.ratings.set(key, helpful);
    this.heard.changed();
    try {
      await this.withSession((session, conversation) => this.desk.rate(session, conversation, { key, helpful, reasons, comment }));
      return true;
    } catch (error) {
      if (before === undefined) this.talk.ratings.delete(key);
      else this.talk.ratings.set(key, before);
      this.show({ code: "rating", text: "", until: 0 });
      this.tell(error);
      return false;
    }
  }

  /** Tells a waiting person that the visitor writes. */
  typing(): void {
    if (this.talk.owner === "person" || this.talk.owner === "queue") this.wire.send({ type: "typing" });
  }

  /** Says who the visitor is. Another person's words never stay on screen. */
  async setUser(who: Credentials): Promise<void> {
    const kept = this.memory.visitor.get();
    this.who = who;
    if (kept.user === who.id && kept.session) return;
    this.wire.close();
    if (kept.user) this.wipe();
    try {
      const session = await this.desk.meet(who, kept.user ? "" : kept.session);
      const conversation = await this.desk.latest(session);
      this.joined = "";
      this.talk.turnPage();
      this.memory.visitor.set({ session, conversation, user: who.id, read: -1 });
      if (conversation) await this.resume();
    } catch (error) {
      this.tell(error);
    }
    this.heard.changed();
  }

  /** Forgets the visitor, as after signing out. */
  reset(): void {
    this.wire.close();
    this.who = null;
    this.wipe();
    this.heard.changed();
  }

  get unread(): number {
    const { read } = this.memory.visitor.get();
    return this.talk.entries.filter(
      (entry) => entry.kind === "message" && entry.author !== "customer" && entry.chapter === this.talk.chapter && (entry.number ?? 0) > read,
    ).length;
  }

  markRead(): void {
    if (this.unread > 0) this.memory.visitor.set({ read: this.talk.last });
  }

  show(notice: Notice | null): void {
    clearTimeout(this.noticeTimer);
    this.notice = notice;
    if (notice && notice.until === 0) this.noticeTimer = window.setTimeout(() => this.show(null), 6_000);
    this.heard.changed();
  }

  private wipe(): void {
    this.queue = [];
    this.joined = this.former = "";
    this.ready = null;
    this.activity.end();
    this.talk.clear();
    this.notice = null;
    this.memory.visitor.forget({ greeted: this.memory.visitor.get().greeted });
    this.memory.tab.set({ draft: "", outbox: [] });
  }

  private keepOutbox(): void {
    this.memory.tab.set({ outbox: this.queue.map(({ id, text }) => ({ id, text })) });
  }

  private renew(before: string, session: string): void {
    if (this.memory.visitor.get().session === before) this.memory.visitor.set({ session }); // the open line lives on
  }

  private async resume(): Promise<void> {
    this.loading = this.talk.entries.length === 0;
    this.heard.changed();
    const reached = await this.catchUp(false);
    this.loading = false;
    if (reached !== "gone") this.join();
    this.heard.changed();
  }

  private join(): void {
    const { session, conversation } = this.memory.visitor.get();
    if (!session || !conversation || this.joined === conversation) return;
    this.joined = conversation;
    this.wire.open(session, conversation);
  }

  private async catchUp(fresh: boolean): Promise<"reached" | "unreachable" | "gone"> {
    const { session, conversation } = this.memory.visitor.get();
    if (!session || !conversation) return "gone";
    try {
      const frames = await this.desk.since(session, conversation, this.talk.last);
      if (this.memory.visitor.get().conversation !== conversation) return "gone";
      for (const frame of frames) this.take(frame, fresh);
      return "reached";
    } catch (error) {
      if (!(error instanceof Trouble) || !isLost(error)) return "unreachable";
      this.lose(session);
      if (this.who) void this.ensure().then(() => this.resume());
      return "gone";
    }
  }

  /** The session ran out or the conversation is no more: begin anew without a word, keeping what is on screen and in the composer. */
  private lose(session: string): void {
    this.former = session;
    if (this.memory.visitor.get().session === session) this.memory.visitor.set({ session: "", conversation: "", read: -1 });
    this.ready = null;
    this.joined = "";
    this.wire.close();
    this.activity.end();
    this.talk.turnPage();
    this.heard.changed();
  }

  /** Returns a session with a conversation, making what is missing; only one tab makes it. */
  private ensure(): Promise<string> {
    const { session, conversation } = this.memory.visitor.get();
    if (session && conversation) return Promise.resolve(session);
    this.ready ??= this.memory
      .alone(async () => {
        let kept = this.memory.visitor.get();
        if (!kept.session) {
          this.memory.visitor.set({ session: await this.desk.meet(this.who, this.former), user: this.who?.id ?? "" });
          kept = this.memory.visitor.get();
          if (this.who) this.memory.visitor.set({ conversation: await this.desk.latest(kept.session) });
        }
        if (!this.memory.visitor.get().conversation) {
          this.memory.visitor.set({ conversation: await this.desk.begin(kept.session) });
        }
        return kept.session;
      })
      .finally(() => (this.ready = null));
    return this.ready;
  }

  /** Runs `work`; once more with a new session when the old one is no longer taken. */
  private async withSession<T>(work: (session: string, conversation: string) => Promise<T>): Promise<T> {
    for (let again = false; ; again = true) {
      let session = this.memory.visitor.get().session;
      try {
        session = await this.ensure();
        this.join();
        return await work(session, this.memory.visitor.get().conversation);
      } catch (error) {
        if (again || !(error instanceof Trouble) || !isLost(error)) throw error;
        this.lose(session);
      }
    }
  }

  private async followOtherTab(): Promise<void> {
    const kept = this.memory.visitor.get();
    if (kept.conversation && kept.session && this.joined !== kept.conversation) {
      if (this.joined) this.talk.turnPage();
      await this.resume();
    } else if (!kept.conversation && this.joined && !this.ready) {
      this.wire.close();
      this.joined = "";
      if (!kept.session) this.talk.clear();
    }
    this.heard.changed();
  }

  /** Sends what waits, one after the other, so that words arrive in the order they were written. */
  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    for (let next = this.queue[0]; next; next = this.queue[0]) {
      const { id, text } = next;
      const sent = await this.deliver(id, text);
      if (this.queue[0]?.id !== id) continue; // wiped meanwhile
      this.queue.shift();
      this.keepOutbox();
      if (sent.ok) {
        this.talk.accepted(id, sent.number);
        if (this.talk.owner === "bot" || this.talk.owner === "nobody") this.awaitReply(id);
      } else {
        this.talk.failed(id, sent.why.unreachable ? "" : sent.why.message);
        this.tell(sent.why);
      }
      this.heard.changed();
    }
    this.pumping = false;
  }

  private awaitReply(id: string): void {
    const last = this.talk.lastMessage;
    if (last?.id === `c:${id}`) this.activity.expect(); // otherwise the reply overtook the acknowledgement
  }

  private async deliver(id: string, text: string): Promise<Sending> {
    for (let tried = 1; ; tried++) {
      const sent = await this.attempt(id, text);
      if (sent.ok || tried >= TRIES) return sent;
      const { why } = sent;
      if (why.status === 429 || why.code === "too_many") {
        const seconds = Math.min(120, Math.max(1, Math.ceil(why.afterS > 0 ? why.afterS : 5)));
        this.show({ code: "too_many", text: "", until: Date.now() + seconds * 1000 });
        await pause(seconds * 1000, false);
        if (this.notice?.code === "too_many") this.show(null);
      } else if (why.unreachable) {
        await pause(1_000 * 2 ** (tried - 1) * (0.75 + Math.random() / 2), true);
      } else return sent;
    }
  }

  /** One try: over the socket if it is open, else, or when no acknowledgement comes, over HTTP. The id makes twice harmless. */
  private async attempt(id: string, text: string): Promise<Sending> {
    if (this.talk.mine(id)?.number != null) return { ok: true, number: this.talk.mine(id)?.number ?? -1 };
    try {
      await this.withSession(() => this.lineOpen());
    } catch (error) {
      return refusal(error);
    }
    const acknowledged = new Promise<Sending | null>((resolve) => {
      this.acks.set(id, resolve);
      if (!this.wire.send({ type: "message", id, text })) resolve(null);
      else window.setTimeout(() => resolve(null), ACK_WITHIN_MS);
    });
    const over = await acknowledged;
    this.acks.delete(id);
    if (over) return over;
    try {
      const number = await this.withSession((session, conversation) => this.desk.say(session, conversation, id, text));
      return { ok: true, number };
    } catch (error) {
      return refusal(error);
    }
  }

  private lineOpen(): Promise<void> {
    if (this.line !== "connecting") return Promise.resolve();
    return new Promise((resolve) => {
      this.opened = resolve;
      window.setTimeout(resolve, LINE_WITHIN_MS);
    });
  }

  private take(frame: Frame, fresh: boolean): void {
    switch (frame.type) {
      case "ack":
        this.acks.get(frame.id)?.({ ok: true, number: frame.number });
        this.talk.accepted(frame.id, frame.number);
        break;
      case "error":
        this.refused(frame);
        break;
      case "reply.status":
      case "reply.delta":
      case "reply.withdrawn":
      case "typing":
        if (frame.type !== "typing" || frame.author !== "customer") this.talk.heard();
        this.activity.take(frame);
        break;
      default: {
        if (frame.type === "message.created" && frame.author !== "customer") this.activity.end();
        if (frame.type === "owner.changed" && frame.owner !== "bot") this.activity.end();
        const message = this.talk.take(frame, fresh);
        if (message && fresh) this.heard.message(message);
      }
    }
    this.heard.changed();
  }

  private refused(frame: Extract<Frame, { type: "error" }>): void {
    const why = new Trouble(frame.code === "too_many" ? 429 : 400, frame.code, frame.text, frame.afterS);
    const id = frame.id || (this.acks.size === 1 ? [...this.acks.keys()][0] : "");
    const waiting = id ? this.acks.get(id) : undefined;
    if (waiting) waiting({ ok: false, why });
    else {
      this.activity.end();
      this.show({ code: "other", text: frame.text, until: 0 });
      this.tell(why);
    }
  }

  private lineTurned(state: LineState): void {
    const before = this.line;
    this.line = state;
    if (state !== "connecting") this.opened();
    const last = this.talk.lastMessage;
    if (state === "live" && last?.author === "customer" && last.number !== null) this.activity.joinLate();
    if (state === "lost" || state === "closed") {
      this.activity.end();
      for (const resolve of this.acks.values()) resolve(null);
    }
    if (state === "live" && before !== "live") {
      for (const entry of this.talk.entries) {
        if (entry.kind === "message" && entry.delivery === "failed" && !entry.trouble) this.retry(entry);
      }
    }
    this.heard.changed();
  }

  private tell(error: unknown): void {
    if (error instanceof Trouble) this.heard.error(error.code || String(error.status), error.message);
    else this.heard.error("broken", error instanceof Error ? error.message : "");
  }
}

const isLost = (trouble: Trouble): boolean => trouble.status === 401 || trouble.status === 403 || trouble.status === 404;

const refusal = (error: unknown): Sending => ({ ok: false, why: error instanceof Trouble ? error : new Trouble(0, "unreachable", "") });

/** Waits; a network that comes back cuts it short when `orOnline`. */
function pause(ms: number, orOnline: boolean): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      window.removeEventListener("online", done);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (orOnline) window.addEventListener("online", done);
  });
}

/** A random id; crypto.randomUUID is missing on pages served without TLS. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
