// Renders /openapi.json without any library: nothing is loaded from elsewhere, and all text is set as text.
"use strict";

const make = (tag, text, ...children) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

const kind = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(kind).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return `${kind(schema.items)}[]`;
  return schema.type || "any";
};

const fields = (schema, all) => {
  const found = schema && schema.$ref ? all[schema.$ref.split("/").pop()] : schema;
  if (!found || !found.properties) return found ? kind(found) : "";
  const required = new Set(found.required || []);
  return Object.entries(found.properties)
    .map(([name, one]) => `${name}${required.has(name) ? "" : "?"}: ${kind(one)}${one.description ? `  // ${one.description}` : ""}`)
    .join("\n");
};

const body = (label, content, all) =>
  Object.entries(content || {}).map(([type, { schema }]) =>
    make("div", "", make("h4", `${label} (${type})`), make("pre", fields(schema, all) || "any")));

const route = (method, path, operation, all) => {
  const inside = make("div", "");
  for (const paragraph of (operation.description || "").split("\n\n")) inside.append(make("p", paragraph));
  if (operation.parameters && operation.parameters.length) {
    const rows = operation.parameters.map((one) =>
      make("tr", "", make("td", one.name), make("td", one.in), make("td", kind(one.schema)), make("td", one.description || "")));
    inside.append(make("table", "", ...rows));
  }
  if (operation.requestBody) inside.append(...body("Request", operation.requestBody.content, all));
  for (const [status, answer] of Object.entries(operation.responses || {}))
    if (status.startsWith("2")) inside.append(...body(`Answer ${status}`, answer.content, all));
  const summary = make("summary", "", make("b", method.toUpperCase()), make("code", path), make("span", operation.summary || ""));
  return make("details", "", summary, inside);
};

const show = async () => {
  const main = document.getElementById("routes");
  const answer = await fetch("/openapi.json");
  if (!answer.ok) {
    main.replaceChildren(make("p", `The description could not be read (${answer.status}).`));
    return;
  }
  const api = await answer.json();
  const all = (api.components && api.components.schemas) || {};
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, [make("h2", tag)]);
      groups.get(tag).push(route(method, path, operation, all));
    }
  main.replaceChildren(...[...groups.values()].flat());
};

show();
