/** `<zhiyin-chat>`: puts chat and looks together, and keeps both out of the page's way. */

import { Chat } from "./chat";
import type { Credentials } from "./desk";
import { h, set } from "./dom";
import type { Settings } from "./settings";
import style from "./style.css";
import { type Language, ownName, pickLanguage, words } from "./words";
import { Launcher } from "./view/launcher";
import { Panel } from "./view/panel";

const PHONE = "(max-width: 480px)";
const GREET_AFTER_MS = 2_500;
const PEEK_CHARS = 140;

export class ZhiyinChat extends HTMLElement {
  private settings: Settings | null = null;
  private chat: Chat | null = null;
  private launcher: Launcher | null = null;
  private panel: Panel | null = null;
  private language: Language = "en";
  private scheme: Settings["colorScheme"] = "auto";
  private peek = "";
  private drawing = false;
  private readonly phone = window.matchMedia(PHONE);
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private pageOverflow = "";
  private returnTo: HTMLElement | null = null;
  private wasUnread = -1;

  /** Gives the element its settings; called once, before it joins the page. */
  configure(settings: Settings): this {
    this.settings = settings;
    this.language = pickLanguage(settings.locale);
    this.scheme = settings.colorScheme;
    return this;
  }

  connectedCallback(): void {
    if (this.chat || !this.settings) return;
    const { settings } = this;
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // unlike a <style> element it needs no 'unsafe-inline' from the page
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const chat = new Chat(settings.baseUrl, settings.websiteToken, () => this.language, {
      changed: () => this.draw(),
      message: (message) => {
        tell("on-message", { author: message.author, text: message.text });
        if (!this.panel?.isOpen && document.visibilityState === "visible") this.peek = shorten(message.text);
      },
      error: (code, message) => tell("error", { code, message }),
    });
    this.chat = chat;
    this.panel = new Panel(
      chat,
      () => this.toggle("close"),
      () => this.draw(),
    );
    this.launcher = new Launcher(
      () => this.toggle(),
      () => {
        this.peek = "";
        chat.memory.visitor.set({ greeted: true });
        this.draw();
        this.launcher?.button.focus();
      },
    );
    root.append(h("div", { class: "widget", part: "widget" }, this.panel.element, this.launcher.element));
    this.phone.addEventListener("change", () => this.fit());
    this.dark.addEventListener("change", () => this.draw());
    window.visualViewport?.addEventListener("resize", () => this.fit());
    window.visualViewport?.addEventListener("scroll", () => this.fit());
    document.addEventListener("visibilitychange", () => this.draw());
    window.addEventListener("online", () => this.draw());
    window.addEventListener("offline", () => this.draw());
    this.draw();
    void chat.start().then(() => {
      if (chat.memory.tab.get().open) this.open(false);
      else if (!settings.hideMessageBubble) setTimeout(() => this.greet(), GREET_AFTER_MS);
      tell("ready", {});
    });
  }

  get isOpen(): boolean {
    return this.panel?.isOpen ?? false;
  }

  toggle(wish?: "open" | "close"): void {
    const open = wish ? wish === "open" : !this.isOpen;
    if (open !== this.isOpen) open ? this.open(true) : this.shut();
  }

  setLocale(locale: string): void {
    this.language = pickLanguage(locale);
    this.draw();
  }

  setColorScheme(scheme: string): void {
    this.scheme = scheme === "light" || scheme === "dark" ? scheme : "auto";
    this.draw();
  }

  setUser(who: Credentials): Promise<void> {
    return this.chat?.setUser(who) ?? Promise.resolve();
  }

  reset(): void {
    this.shut();
    this.chat?.reset();
    this.panel?.composer.fill("");
  }

  private open(focus: boolean): void {
    if (!this.panel || !this.chat) return;
    const active = document.activeElement;
    this.returnTo = active instanceof HTMLElement && active !== document.body && active !== this ? active : null;
    this.peek = "";
    this.chat.memory.visitor.set({ greeted: true });
    this.chat.memory.tab.set({ open: true });
    this.draw(true);
    void this.chat.learn();
    this.panel.show(focus);
    this.fit();
    this.draw(true);
    this.panel.log.toEnd();
    tell("opened", {});
  }

  private shut(): void {
    if (!this.panel?.isOpen) return;
    this.panel.hide();
    this.chat?.memory.tab.set({ open: false });
    this.fit();
    this.draw(true);
    if (this.returnTo?.isConnected) this.returnTo.focus();
    else this.launcher?.button.focus();
    tell("closed", {});
  }

  private greet(): void {
    if (!this.chat || this.isOpen || this.peek || this.chat.memory.visitor.get().greeted || this.chat.talk.entries.length > 0) return;
    const say = words(this.language);
    const name = ownName(this.chat.hello.name, this.language);
    this.peek = name ? say.peek(name) : say.helloAnyone;
    this.draw();
  }

  /** On phones the window covers what is visible of the page, which a keyboard makes smaller and moves. */
  private fit(): void {
    if (!this.panel) return;
    const covers = this.phone.matches && this.isOpen;
    const { documentElement } = document;
    if (covers && documentElement.style.overflow !== "hidden") {
      this.pageOverflow = documentElement.style.overflow;
      documentElement.style.overflow = "hidden";
    } else if (!covers && documentElement.style.overflow === "hidden" && this.panel.element.style.height) {
      documentElement.style.overflow = this.pageOverflow;
    }
    const view = window.visualViewport;
    const { style } = this.panel.element;
    style.height = covers && view ? `${view.height}px` : "";
    style.top = covers && view ? `${view.offsetTop}px` : "";
    this.draw();
  }

  private draw(now = false): void {
    if (now) return this.drawNow();
    if (this.drawing) return;
    this.drawing = true;
    // Not requestAnimationFrame: a tab in the background must still count what is unread.
    queueMicrotask(() => {
      this.drawing = false;
      this.drawNow();
    });
  }

  private drawNow(): void {
    const { chat, panel, launcher, settings } = this;
    if (!chat || !panel || !launcher || !settings) return;
    const say = words(this.language);
    const dark = this.scheme === "dark" || (this.scheme === "auto" && this.dark.matches);
    set(this, "lang", this.language === "zh" ? "zh-CN" : "en");
    set(this, "data-scheme", dark ? "dark" : "light");
    set(this, "data-position", settings.position);
    if (this.isOpen && document.visibilityState === "visible") chat.markRead();
    const { unread } = chat;
    if (unread === 0 && this.wasUnread > 0) this.peek = ""; // it was read in another tab
    this.wasUnread = unread;
    launcher.update({
      open: this.isOpen,
      unread,
      title: settings.launcherTitle || (settings.type === "expanded_bubble" ? say.chatWith(ownName(chat.hello.name, this.language) || say.desk) : ""),
      expanded: settings.type === "expanded_bubble",
      hidden: settings.hideMessageBubble || (this.isOpen && this.phone.matches),
      peek: this.peek,
      words: say,
    });
    panel.update(say, this.language, this.phone.matches);
  }
}

function shorten(text: string): string {
  const plain = text.replace(/\*\*/g, "").replace(/\s+/g, " ");
  return plain.length > PEEK_CHARS ? `${plain.slice(0, PEEK_CHARS)}…` : plain;
}

function tell(name: string, detail: object): void {
  window.dispatchEvent(new CustomEvent(`zhiyin:${name}`, { detail }));
}
