/** The desk's HTTP door. */

import { type Frame, read } from "./wire";

export interface Hello {
  readonly name: string;
  readonly greetings: Readonly<Record<string, readonly string[]>>;
  readonly maxChars: number;
}

export interface Credentials {
  readonly id: string;
  readonly name?: string | undefined;
  readonly jwt?: string | undefined;
  readonly identifier_hash?: string | undefined;
}

/** Why the desk did not do it. `status` 0: it could not be reached. */
export class Trouble extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly afterS = -1,
  ) {
    super(message);
  }

  get unreachable(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

const ANSWER_WITHIN_MS = 15_000;

export class Desk {
  private readonly base: string;

  constructor(
    baseUrl: string,
    token: string,
    private readonly language: () => string,
    /** The desk renewed the session with this one. */
    private readonly renewed: (before: string, session: string) => void,
  ) {
    this.base = `${baseUrl.replace(/\/+$/, "")}/public/api/v1/inboxes/${encodeURIComponent(token)}`;
  }

  async hello(): Promise<Hello> {
    const body = await this.ask("GET", "", "");
    const limits = body["limits"] as { max_chars?: number } | undefined;
    return {
      name: String(body["name"] ?? ""),
      greetings: (body["greetings"] ?? {}) as Hello["greetings"],
      maxChars: limits?.max_chars ?? 4000,
    };
  }

  /** Makes a session; what was said under `former` comes along where the desk allows it. */
  async meet(who: Credentials | null, former: string): Promise<string> {
    const card = !who ? {} : who.jwt ? { identity: who.jwt } : { identifier: who.id, identifier_hash: who.identifier_hash, name: who.name };
    const body = await this.ask("POST", "/contacts", former, card);
    return String(body["session"]);
  }

  /** The visitor's latest conversation, empty when there is none. */
  async latest(session: string): Promise<string> {
    const body = await this.ask("GET", "/conversations", session);
    const own = (body["conversations"] ?? []) as { id: string; last_at: string }[];
    const newest = [...own].sort((a, b) => String(b.last_at).localeCompare(String(a.last_at)))[0];
    return newest?.id ?? "";
  }

  async begin(session: string): Promise<string> {
    return String((await this.ask("POST", "/conversations", session, {}))["id"]);
  }

  async say(session: string, conversation: string, id: string, text: string): Promise<number> {
    const body = await this.ask("POST", `${this.path(conversation)}/messages`, session, { id, text });
    return typeof body["number"] === "number" ? body["number"] : -1;
  }

  /** Reads everything after `after`, page by page. */
  async since(session: string, conversation: string, after: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (let page = 0, from = after; page < 50; page++) {
      const body = await this.ask("GET", `${this.path(conversation)}/messages?after=${from}`, session);
      const raw = (body["messages"] ?? []) as unknown[];
      for (const one of raw) {
        const frame = read(one);
        if (frame) frames.push(frame);
      }
      const next = Number(body["next_after"] ?? from);
      if (!(next > from)) break; // a page may hold nothing for our eyes and still not be the last
      from = next;
    }
    return frames;
  }

  async handOff(session: string, conversation: string): Promise<void> {
    await this.ask("POST", `${this.path(conversation)}/handoff`, session, {});
  }

  async rate(session: string, conversation: string, rating: object): Promise<void> {
    await this.ask("POST", `${this.path(conversation)}/ratings`, session, rating);
  }

  /** The browser's own WebSocket cannot carry headers, so the session travels as a subprotocol, never in the address. */
  socket(session: string, conversation: string, after: number): WebSocket {
    const address = new URL(`${this.base}${this.path(conversation)}/ws?after=${after}`, window.location.href);
    address.protocol = address.protocol === "http:" ? "ws:" : "wss:";
    return new WebSocket(address, ["zhiyin.v1", `bearer.${session}`]);
  }

  /** Server-sent events over fetch, because EventSource cannot carry the session either. */
  async stream(session: string, conversation: string, after: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.fetch("GET", `${this.path(conversation)}/events?after=${after}`, session, undefined, signal);
    if (!response.body) throw new Trouble(0, "unreachable", "");
    return response.body;
  }

  private path(conversation: string): string {
    return `/conversations/${encodeURIComponent(conversation)}`;
  }

  private async ask(method: string, path: string, session: string, body?: object): Promise<Record<string, unknown>> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), ANSWER_WITHIN_MS);
    try {
      const response = await this.fetch(method, path, session, body, patience.signal);
      const answer: unknown = response.status === 204 ? {} : await response.json().catch(() => ({}));
      return typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {};
    } finally {
      clearTimeout(timer);
    }
  }

  private async fetch(method: string, path: string, session: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { "Accept-Language": this.language() };
    if (session) headers["Authorization"] = `Bearer ${session}`;
    if (body) headers["Content-Type"] = "application/json";
    const wish: RequestInit = { method, headers, signal, credentials: "omit", cache: "no-store" };
    if (body) wish.body = JSON.stringify(body);
    let response: Response;
    try {
      response = await fetch(this.base + path, wish);
    } catch {
      throw new Trouble(0, "unreachable", "");
    }
    const fresh = response.headers.get("X-Zhiyin-Session");
    if (fresh && session) this.renewed(session, fresh);
    if (response.ok) return response;
    const told = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string; after_s?: number } };
    const wait = told.error?.after_s ?? Number(response.headers.get("Retry-After") ?? Number.NaN);
    throw new Trouble(response.status, told.error?.code ?? "", told.error?.message ?? "", Number.isFinite(wait) ? wait : -1);
  }
}
