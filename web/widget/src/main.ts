/** The one script line: reads its settings, puts `<zhiyin-chat>` on the page and offers `window.zhiyin`. */

import { ZhiyinChat } from "./element";
import { settings } from "./settings";

interface Person {
  readonly name?: string;
  readonly jwt?: string;
  readonly identifier_hash?: string;
}

export interface Zhiyin {
  toggle(wish?: "open" | "close"): void;
  setUser(id: string, person?: Person): Promise<void>;
  setLocale(locale: string): void;
  setColorScheme(scheme: string): void;
  reset(): void;
  readonly isOpen: boolean;
}

declare global {
  interface Window {
    zhiyin?: Zhiyin;
  }
}

const script = (document.currentScript ?? document.querySelector("script[data-website-token]")) as HTMLScriptElement | null;

function begin(): void {
  const chosen = settings(script);
  if (!chosen.websiteToken) {
    console.error("zhiyin: the script line needs data-website-token (or window.zhiyinSettings.websiteToken)");
    return;
  }
  customElements.define("zhiyin-chat", ZhiyinChat);
  const chat = new ZhiyinChat().configure(chosen);
  window.zhiyin = {
    toggle: (wish) => chat.toggle(wish),
    setUser: (id, person = {}) => chat.setUser({ id, ...person }),
    setLocale: (locale) => chat.setLocale(locale),
    setColorScheme: (scheme) => chat.setColorScheme(scheme),
    reset: () => chat.reset(),
    get isOpen() {
      return chat.isOpen;
    },
  };
  document.body.append(chat);
}

// A second copy of the script line on a page must not make a second chat.
if (!customElements.get("zhiyin-chat")) {
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
}
