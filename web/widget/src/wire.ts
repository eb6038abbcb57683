/** What the server sends, read with suspicion: a frame that is not as agreed is dropped, never half believed. */

export type Author = "customer" | "bot" | "person";
export type Owner = "bot" | "queue" | "person" | "nobody";
export type Status = "searching" | "writing" | "checking";

export interface Citation {
  readonly index: number;
  readonly title: string;
  readonly snippet: string;
  readonly url: string | null;
}

export interface Sentence {
  readonly text: string;
  readonly citations: readonly number[];
}

export interface MessageFrame {
  readonly type: "message.created";
  readonly number: number;
  readonly at: number;
  readonly author: Author;
  readonly text: string;
  readonly clientId: string;
  readonly key: string;
  readonly citations: readonly Citation[];
  readonly sentences: readonly Sentence[];
  readonly quickReplies: readonly string[];
  readonly outcome: string;
}

export type Frame =
  | MessageFrame
  | { readonly type: "owner.changed"; readonly number: number; readonly at: number; readonly owner: Owner }
  | { readonly type: "rating.saved"; readonly number: number; readonly key: string; readonly helpful: boolean }
  | { readonly type: "message.delivered"; readonly number: number }
  | { readonly type: "reply.status"; readonly status: Status }
  | { readonly type: "reply.delta"; readonly text: string }
  | { readonly type: "reply.withdrawn" }
  | { readonly type: "typing"; readonly author: Author }
  | { readonly type: "ping" }
  | { readonly type: "error"; readonly code: string; readonly text: string; readonly afterS: number; readonly id: string }
  | { readonly type: "ack"; readonly id: string; readonly number: number };

type Fields = Record<string, unknown>;

const fields = (raw: unknown): Fields => (typeof raw === "object" && raw !== null ? (raw as Fields) : {});
const text = (raw: unknown): string => (typeof raw === "string" ? raw : "");
const list = (raw: unknown): unknown[] => (Array.isArray(raw) ? raw : []);
const count = (raw: unknown): number => (typeof raw === "number" && Number.isFinite(raw) ? raw : -1);
const author = (raw: unknown): Author => {
  const name = text(raw);
  return name === "customer" ? "customer" : name.startsWith("person") ? "person" : "bot";
};
const moment = (raw: unknown): number => Date.parse(text(raw)) || Date.now();

/** Reads one frame; null when it is unknown or misses what it needs. */
export function read(raw: unknown): Frame | null {
  const frame = fields(raw);
  const type = text(frame["type"]);
  const number = count(frame["number"]);
  switch (type) {
    case "message.created": {
      const words = text(frame["text"]);
      if (number < 0 || !words.trim()) return null; // an empty bubble helps nobody
      return {
        type,
        number,
        at: moment(frame["at"]),
        author: author(frame["author"]),
        text: words,
        clientId: text(frame["client_id"]),
        key: text(frame["key"]),
        citations: list(frame["citations"]).map(citation),
        sentences: list(frame["sentences"]).map((raw) => {
          const sentence = fields(raw);
          return { text: text(sentence["text"]), citations: list(sentence["citations"]).map(count) };
        }),
        quickReplies: list(frame["quick_replies"]).map(text).filter(Boolean).slice(0, 12),
        outcome: text(frame["outcome"]),
      };
    }
    case "owner.changed": {
      const owner = text(frame["owner"]);
      if (number < 0 || !["bot", "queue", "person", "nobody"].includes(owner)) return null;
      return { type, number, at: moment(frame["at"]), owner: owner as Owner };
    }
    case "rating.saved":
      return { type, number, key: text(frame["key"]), helpful: frame["helpful"] === true };
    case "message.delivered":
      return { type, number };
    case "reply.status": {
      const status = text(frame["text"]);
      return { type, status: status === "writing" || status === "checking" ? status : "searching" };
    }
    case "reply.delta":
      return { type, text: text(frame["text"]) };
    case "typing":
      return { type, author: author(frame["author"]) };
    case "reply.withdrawn":
    case "ping":
      return { type };
    case "error":
      return { type, code: text(frame["code"]), text: text(frame["text"]), afterS: count(frame["after_s"]), id: text(frame["id"]) };
    case "ack":
      return { type, id: text(frame["id"]), number };
    default:
      return null;
  }
}

function citation(raw: unknown): Citation {
  const cited = fields(raw);
  return {
    index: count(cited["index"]),
    title: text(cited["title"]),
    snippet: text(cited["snippet"]),
    url: text(cited["url"]) || null,
  };
}
