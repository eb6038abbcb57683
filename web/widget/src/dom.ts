/** Elements without markup strings: nothing that came over the wire is ever parsed as HTML. */

export type Child = Node | string | null | false;
type Value = string | number | boolean | null | undefined | ((event: never) => void);

/** Makes an element; functions become listeners, true an empty attribute, false and null no attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, values: Record<string, Value> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else set(element, name, value);
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false));
  return element;
}

export function set(element: Element, name: string, value: string | number | boolean | null | undefined): void {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value === true ? "" : value)) element.setAttribute(name, value === true ? "" : String(value));
}

/** Writes text only when it differs, so that screen readers are not told twice. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  chat: "M12 3.2c-5 0-9 3.5-9 7.9 0 2.5 1.3 4.7 3.3 6.1-.1 1.2-.6 2.3-1.4 3.2 1.7-.1 3.2-.7 4.4-1.6.9.2 1.8.3 2.7.3 5 0 9-3.5 9-7.9s-4-8-9-8ZM8.3 9v4.4M12 7.6v7.2M15.7 9v4.4",
  down: "m6 9.5 6 6 6-6",
  close: "m6.5 6.5 11 11m0-11-11 11",
  send: "M12 19V5.5M5.8 11.5 12 5.3l6.2 6.2",
  person: "M12 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4ZM4.8 20c.6-3.6 3.5-5.6 7.2-5.6s6.6 2 7.2 5.6",
  up: "M7.2 10.6v9M7.2 10.6l4.3-7.1c1.5 0 2.5 1.2 2.2 2.7l-.7 3.6h4.9c1.4 0 2.4 1.3 2.1 2.6l-1.3 5.6c-.2 1-1.1 1.6-2.1 1.6H7.2M7.2 10.6H4.3v9h2.9",
  thumbDown: "M16.8 13.4v-9M16.8 13.4l-4.3 7.1c-1.5 0-2.5-1.2-2.2-2.7l.7-3.6H6.1c-1.4 0-2.4-1.3-2.1-2.6L5.3 6c.2-1 1.1-1.6 2.1-1.6h9.4M16.8 13.4h2.9v-9h-2.9",
  tick: "m5.5 12.5 4.2 4.2 8.8-9",
  ticks: "m2.5 12.5 4.2 4.2 8.3-9M12 16l.7.7 8.8-9",
  clock: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.5V12l3 2",
  alert: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.8v5M12 16v.2",
  book: "M5 5.5c2.5-.9 5-.6 7 .9 2-1.5 4.5-1.8 7-.9v12.8c-2.5-.9-5-.6-7 .9-2-1.5-4.5-1.8-7-.9V5.5ZM12 6.4v12.8",
  out: "M9 6H6v12h12v-3M13 5h6v6M18.5 5.5 11 13",
} as const;

export type Icon = keyof typeof PATHS;

/** Draws an icon that screen readers skip; the button around it carries the words. */
export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
