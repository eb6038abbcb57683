/** Text to nodes: bold, lists, links and citation chips; everything else stays the text it is. */

import { h } from "./dom";
import type { Sentence } from "./wire";

/** A chip travels inside the text as one private-use character, so that marks and chips are read in one pass. */
const CHIP_BASE = 0xe000;
const CHIPS_AT_MOST = 999;
const PRIVATE_USE = /[\uE000-\uF8FF]/g;
const INLINE = /\*\*([^*\n]+?)\*\*|\[([^\]\n]{1,300})\]\(([^\s()]{1,2000})\)|(https?:\/\/[^\s<>"'（）()【】「」，。；：！？、\uE000-\uF8FF]+)|([\uE000-\uE3E7])/g;
const BULLET = /^\s*[-*•·]\s+(.*)$/;
const NUMBERED = /^\s*(\d{1,3})[.)、．]\s*(.*)$/;

/** Puts the chips of each sentence behind it. */
export function withChips(text: string, sentences: readonly Sentence[]): string {
  const plain = text.replace(PRIVATE_USE, "");
  const cited = sentences.filter((sentence) => sentence.text.trim());
  let marked = "";
  let from = 0;
  for (const sentence of cited) {
    const words = sentence.text.replace(PRIVATE_USE, "").trim();
    const at = plain.indexOf(words, from);
    if (at < 0) continue;
    const end = at + words.length;
    const chips = [...new Set(sentence.citations)].filter((n) => n > 0 && n <= CHIPS_AT_MOST);
    marked += plain.slice(from, end) + chips.map((n) => String.fromCharCode(CHIP_BASE + n)).join("");
    from = end;
  }
  return marked + plain.slice(from);
}

/** Makes paragraphs and lists of the text; `chip` makes the element for citation n, or null when there is none. */
export function marks(text: string, chip: (n: number) => Node | null): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let paragraph = null as HTMLElement | null;
  let list = null as HTMLElement | null;
  for (const line of text.split("\n")) {
    const bullet = BULLET.exec(line);
    const numbered = bullet ? null : NUMBERED.exec(line);
    if (bullet || numbered) {
      const tag = bullet ? "ul" : "ol";
      if (list?.localName !== tag) {
        list = tag === "ol" ? h("ol", { start: numbered?.[1] ?? "1" }) : h("ul");
        fragment.append(list);
      }
      list.append(h("li", {}, inline(bullet?.[1] ?? numbered?.[2] ?? "", chip)));
      paragraph = null;
    } else if (!line.trim()) {
      paragraph = list = null;
    } else {
      list = null;
      if (paragraph) paragraph.append(h("br"));
      else fragment.append((paragraph = h("p")));
      paragraph.append(inline(line, chip));
    }
  }
  return fragment;
}

function inline(text: string, chip: (n: number) => Node | null): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    fragment.append(text.slice(from, found.index));
    from = found.index + found[0].length;
    const [whole, bold, label, target, bare, chipped] = found;
    if (bold !== undefined) fragment.append(h("strong", {}, inline(bold, chip)));
    else if (label !== undefined) fragment.append(link(target ?? "", label.replace(PRIVATE_USE, "")) ?? whole);
    else if (bare !== undefined) {
      const tail = /[.,;:!?]+$/.exec(bare)?.[0] ?? "";
      const address = tail ? bare.slice(0, -tail.length) : bare;
      fragment.append(link(address, address) ?? address, tail);
    } else if (chipped !== undefined) {
      const made = chip(chipped.charCodeAt(0) - CHIP_BASE);
      if (made) fragment.append("\u2060", made); // a word joiner: a chip alone on a line belongs to nothing
    }
  }
  fragment.append(text.slice(from));
  return fragment;
}

/** Returns the address if a visitor may be sent there, else null: no javascript:, data: or relative addresses. */
export function safeAddress(address: string): string | null {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function link(address: string, label: string): HTMLAnchorElement | null {
  const href = safeAddress(address);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label) : null;
}
