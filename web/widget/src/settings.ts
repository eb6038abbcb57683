/** What the page may choose, from the script line or from `window.zhiyinSettings`. */

export interface Settings {
  websiteToken: string;
  baseUrl: string;
  position: "left" | "right";
  locale: string;
  colorScheme: "light" | "dark" | "auto";
  type: "standard" | "expanded_bubble";
  launcherTitle: string;
  hideMessageBubble: boolean;
}

declare global {
  interface Window {
    zhiyinSettings?: Partial<Settings>;
  }
}

/** Reads the settings; the page's object wins over the script line's `data-` attributes. */
export function settings(script: HTMLScriptElement | null): Settings {
  const data = script?.dataset ?? {};
  const page = window.zhiyinSettings ?? {};
  const origin = script?.src ? new URL(script.src, window.location.href).origin : window.location.origin;
  const scheme = page.colorScheme ?? data["colorScheme"];
  return {
    websiteToken: String(page.websiteToken ?? data["websiteToken"] ?? ""),
    baseUrl: String(page.baseUrl ?? data["baseUrl"] ?? origin),
    position: (page.position ?? data["position"]) === "left" ? "left" : "right",
    locale: String(page.locale ?? data["locale"] ?? "auto"),
    colorScheme: scheme === "light" || scheme === "dark" ? scheme : "auto",
    type: (page.type ?? data["type"]) === "expanded_bubble" ? "expanded_bubble" : "standard",
    launcherTitle: String(page.launcherTitle ?? data["launcherTitle"] ?? ""),
    hideMessageBubble: page.hideMessageBubble === true || data["hideMessageBubble"] === "true",
  };
}
