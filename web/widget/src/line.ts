/** The live line to a conversation: WebSocket, or server-sent events where sockets are blocked; picked up again after every loss. */

import type { Desk } from "./desk";
import { type Frame, read } from "./wire";

export type LineState = "closed" | "connecting" | "live" | "lost";

export interface Ends {
  /** Where to resume: the last number we have. */
  after(): number;
  frame(frame: Frame): void;
  state(state: LineState): void;
  /** Asks over plain HTTP what was missed, which also tells whose fault a lost line is. */
  check(): Promise<"reached" | "unreachable" | "gone">;
}

const CONNECT_WITHIN_MS = 6_000;
const QUIET_STREAM_MS = 35_000; // the server sends a ping every 10 s
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const REFUSALS_UNTIL_STREAM = 2;

export class Line {
  state: LineState = "closed";
  private round = 0;
  private refusals = 0;
  private live: WebSocket | null = null;
  private hangUp: () => void = () => undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly desk: Desk,
    private readonly ends: Ends,
  ) {
    const back = (): void => this.wake();
    window.addEventListener("online", back);
    window.addEventListener("offline", () => this.hangUp());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") back();
    });
  }

  open(session: string, conversation: string): void {
    this.close();
    void this.keep(++this.round, session, conversation);
  }

  close(): void {
    this.round++;
    this.hangUp();
    this.wake();
    this.turn("closed");
  }

  /** Sends if the socket is open; false means: use HTTP. */
  send(frame: object): boolean {
    if (this.live?.readyState !== WebSocket.OPEN) return false;
    this.live.send(JSON.stringify(frame));
    return true;
  }

  private turn(state: LineState): void {
    if (this.state === state) return;
    this.state = state;
    this.ends.state(state);
  }

  private async keep(round: number, session: string, conversation: string): Promise<void> {
    const current = (): boolean => round === this.round;
    for (let failures = 0; current(); ) {
      this.turn(failures === 0 ? "connecting" : "lost");
      const since = Date.now();
      const opened =
        this.refusals < REFUSALS_UNTIL_STREAM
          ? await this.socket(session, conversation, current)
          : await this.stream(session, conversation, current);
      if (!current()) return;
      this.turn("lost");
      const verdict = navigator.onLine ? await this.ends.check() : "unreachable";
      if (!current() || verdict === "gone") return;
      if (verdict === "reached" && !opened && this.refusals < REFUSALS_UNTIL_STREAM) {
        this.refusals++; // HTTP passes and the socket does not: something between us blocks sockets
        continue;
      }
      if (opened) {
        this.refusals = 0;
        if (Date.now() - since > 10_000) failures = 0;
      }
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
      await this.pause(wait * (0.5 + Math.random() / 2));
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Holds a socket until it ends; true when it had been open. */
  private socket(session: string, conversation: string, current: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      let opened = false;
      let socket: WebSocket;
      try {
        socket = this.desk.socket(session, conversation, this.ends.after());
      } catch {
        resolve(false);
        return;
      }
      let watch = setTimeout(() => end(), CONNECT_WITHIN_MS);
      let lastPing = 0;
      const end = (): void => {
        clearTimeout(watch);
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
        try {
          socket.close();
        } catch {
          // It never opened; there is nothing to close.
        }
        if (this.live === socket) this.live = null;
        resolve(opened);
      };
      this.hangUp = end;
      socket.onopen = () => {
        clearTimeout(watch);
        if (!current()) return end();
        opened = true;
        this.live = socket;
        this.turn("live");
      };
      socket.onmessage = (event) => {
        const frame = parse(event.data);
        if (frame?.type === "ping") {
          this.send({ type: "pong" });
          const now = Date.now();
          clearTimeout(watch);
          // A half-open line looks alive forever: three missed pings mean it is not.
          if (lastPing > 0) watch = setTimeout(end, Math.max(20_000, 3 * (now - lastPing)));
          lastPing = now;
        } else if (frame && current()) this.ends.frame(frame);
      };
      socket.onclose = socket.onerror = end;
    });
  }

  private async stream(session: string, conversation: string, current: () => boolean): Promise<boolean> {
    const stop = new AbortController();
    this.hangUp = () => stop.abort();
    let opened = false;
    let watch = setTimeout(() => stop.abort(), CONNECT_WITHIN_MS);
    try {
      const body = await this.desk.stream(session, conversation, this.ends.after(), stop.signal);
      opened = true;
      if (!current()) return opened;
      this.turn("live");
      const reader = body.getReader();
      const decoder = new TextDecoder();
      let rest = "";
      for (;;) {
        clearTimeout(watch);
        watch = setTimeout(() => stop.abort(), QUIET_STREAM_MS);
        const { done, value } = await reader.read();
        if (done) return opened;
        rest += decoder.decode(value, { stream: true });
        const blocks = rest.split(/\r?\n\r?\n/);
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const data = block
            .split(/\r?\n/)
            .filter((line) => line.startsWith("data:"))
            .map((line) => line.slice(5).trimStart())
            .join("\n");
          const frame = data ? parse(data) : null;
          if (frame && current()) this.ends.frame(frame);
        }
      }
    } catch {
      return opened;
    } finally {
      clearTimeout(watch);
      stop.abort();
    }
  }
}

function parse(data: unknown): Frame | null {
  try {
    return read(JSON.parse(String(data)));
  } catch {
    return null;
  }
}
