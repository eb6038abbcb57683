// The demo company's home page: goods from catalog.json, two languages, light and dark. No build, no dependency.
"use strict";

const WORDS = {
  zh: {
    skip: "跳到商品", brand: "青禾优选", categories: "分类", theme: "切换深浅色", cart: "购物车",
    all: "全部", digital: "手机数码", home: "小家电", wear: "服饰鞋靴", tea: "好茶",
    kicker: "春茶上新 · 2026", headline1: "认真挑过，", headline2: "才放进你的生活。",
    lead: "手机数码、小家电、衣服鞋子和一口好茶，每一件都由我们先用过。买前买后有问题，右下角随时问。",
    shop: "逛逛好物", ask: "问问客服", promises: "服务承诺",
    p1: "满 ¥99 包邮", p1s: "内地普通地区，标准快递", p2: "48 小时内发货", p2s: "现货订单，超时有补偿",
    p3: "衣服鞋子 30 天可退", p3s: "吊牌完整、未洗涤", p4: "小家电 30 天换新", p4s: "质量故障，换同型号新机",
    goods: "本周好物", sorry: "商品暂时没能加载，请刷新页面再试。",
    helpTitle: "有问题？几秒钟就有答案",
    helpText: "运费、退换、保修、优惠券，AI 客服都能回答，并告诉你出自哪条规定；想和真人聊，说一声就行。",
    askNow: "现在就问", fiction: "青禾优选是知音 Zhiyin 的演示公司，商品与价格均为虚构示例。", powered: "客服由知音 Zhiyin 提供",
    add: "加入购物车", askAbout: "咨询这件商品", added: "已加入购物车",
    title: "青禾优选 · 认真挑过的日常好物", other: "EN", otherLabel: "EN: switch to English", otherLang: "en",
  },
  en: {
    skip: "Skip to goods", brand: "Qinghe Select", categories: "Categories", theme: "Light or dark", cart: "Cart",
    all: "All", digital: "Phones & audio", home: "Appliances", wear: "Clothes & shoes", tea: "Tea",
    kicker: "Spring tea is in · 2026", headline1: "Chosen with care,", headline2: "made for every day.",
    lead: "Phones, small appliances, clothes, shoes and a good cup of tea: we use each one before we sell it. Questions? Ask at the bottom right.",
    shop: "Browse the shop", ask: "Ask us", promises: "Our promises",
    p1: "Free delivery from ¥99", p1s: "Most of mainland China, standard", p2: "Ships within 48 hours", p2s: "In stock, or we make it up to you",
    p3: "30-day returns on clothes", p3s: "Shoes too: tags on, unwashed", p4: "30-day replacement", p4s: "For appliances that turn out faulty",
    goods: "This week's picks", sorry: "The goods could not be loaded. Please refresh the page.",
    helpTitle: "Questions? Answers take seconds",
    helpText: "Delivery, returns, warranty, coupons: our AI assistant answers and shows which rule it comes from. Prefer a person? Just say so.",
    askNow: "Ask now", fiction: "Qinghe Select is the demo company of Zhiyin 知音. Goods and prices are made up.", powered: "Customer care by Zhiyin 知音",
    add: "Add to cart", askAbout: "Ask about this", added: "Added to your cart",
    title: "Qinghe Select · Chosen with care", other: "中文", otherLabel: "中文：切换到中文", otherLang: "zh-CN",
  },
};

const KINDS = { phone: "digital", earbuds: "digital", charger: "digital", kettle: "home", ricecooker: "home", shirt: "wear", shoes: "wear", tea: "tea" };

// [path, filled?] on a 24 × 24 grid
const ICONS = {
  phone: [["M7.5 2.5h9A1.5 1.5 0 0 1 18 4v16a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 20V4a1.5 1.5 0 0 1 1.5-1.5Z", true], ["M10.5 5h3M11 18.8h2"]],
  earbuds: [["M6.5 4a3.5 3.5 0 0 1 3.5 3.5v1.7a2 2 0 0 1-2 2H7V18a1.6 1.6 0 0 1-3.2 0V7A2.9 2.9 0 0 1 6.5 4Z", true], ["M17.5 4A3.5 3.5 0 0 0 14 7.5v1.7a2 2 0 0 0 2 2h1V18a1.6 1.6 0 0 0 3.2 0V7a2.9 2.9 0 0 0-2.7-3Z", true], ["M7 7.2v1.6M17 7.2v1.6"]],
  charger: [["M6.5 8h11A1.5 1.5 0 0 1 19 9.5v10a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 19.5v-10A1.5 1.5 0 0 1 6.5 8Z", true], ["M9 8V3.5M15 8V3.5M12.7 11l-2.5 3.6h3.6L11.3 18"]],
  kettle: [["M7 8.5h8.5l2 11a1.2 1.2 0 0 1-1.2 1.5H6.2A1.2 1.2 0 0 1 5 19.5l2-11Z", true], ["M7.6 8.5 5 6.5H3.5M15.5 8.5c3-.5 5 1 5 4s-1.5 5-3.5 5M9 8.5c0-2 .8-3 2.3-3s2.2 1 2.2 3M11.2 5.5V4M7.5 16.5h8"]],
  ricecooker: [["M4 10h16v6.5A3.5 3.5 0 0 1 16.5 20h-9A3.5 3.5 0 0 1 4 16.5V10Z", true], ["M4.5 10c.3-3.5 3-5.5 7.5-5.5s7.2 2 7.5 5.5M10.5 4.5v-1h3v1M10 14.5h4M2.5 12.5H4M20 12.5h1.5M7.5 20v1.2M16.5 20v1.2"]],
  shirt: [["m8.5 3.5-5.5 3 1.5 5 2.5-.7V20.5h10V10.8l2.5.7 1.5-5-5.5-3c-.4 1.7-1.7 2.7-3.5 2.7s-3.1-1-3.5-2.7Z", true], ["M12 6.2v14.3M14 10.5h1.5"]],
  shoes: [["M3 9.5c1.5 1 3 .8 4-1l1.5-2c1 .3 1.6 1 2 2 1 2.6 3.2 4 6.5 4.6 2.6.5 4 1.8 4 4.4H3c-.5-2.8-.5-5.4 0-8Z", true], ["M3 17.5h18v1.3a1.2 1.2 0 0 1-1.2 1.2H4.2A1.2 1.2 0 0 1 3 18.8v-1.3ZM10.5 9.5l-1.7 1M12 11.6l-1.7 1M14 13l-1.5 1.3"]],
  tea: [["M4.5 9.5H17V14a5.5 5.5 0 0 1-5.5 5.5H10A5.5 5.5 0 0 1 4.5 14V9.5Z", true], ["M17 10.5h1.5a2.5 2.5 0 0 1 0 5h-1.8M6 21.5h9.5M8.5 6.5c-1-1 1-2 0-3.5M12.5 6.5c-1-1 1-2 0-3.5M10.7 17v-4M10.7 14.5c-1.7 0-2.2-1-2.2-2 1.4 0 2.2.8 2.2 2Z"]],
  ask: [["M12 3.2c-5 0-9 3.5-9 7.9 0 2.5 1.3 4.7 3.3 6.1-.1 1.2-.6 2.3-1.4 3.2 1.7-.1 3.2-.7 4.4-1.6.9.2 1.8.3 2.7.3 5 0 9-3.5 9-7.9s-4-8-9-8ZM8.3 9v4.4M12 7.6v7.2M15.7 9v4.4"]],
  add: [["M12 5.5v13M5.5 12h13"]],
};

const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const kept = (name) => { try { return localStorage.getItem(`qinghe:${name}`); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(`qinghe:${name}`, value); } catch { /* remembered until the page is left */ } };

let language = kept("language") ?? (/^zh/i.test(navigator.language) ? "zh" : "en");
let theme = kept("theme") ?? "auto";
let kind = "all";
let goods = [];
let inCart = 0;
let toastTimer = 0;

function draw(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const [d, filled] of ICONS[name] ?? ICONS.tea) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    if (filled) path.setAttribute("class", "fill");
    svg.append(path);
  }
  return svg;
}

function make(tag, look, ...children) {
  const element = document.createElement(tag);
  if (look) element.className = look;
  element.append(...children);
  return element;
}

function round(name, look, label, press) {
  const button = make("button", `round ${look}`, draw(name));
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", press);
  return button;
}

function card(good) {
  const words = WORDS[language];
  const own = KINDS[good.icon] ?? "home";
  const price = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en", { style: "currency", currency: good.currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: good.price_cents % 100 ? 2 : 0 }).format(good.price_cents / 100);
  const picture = make("div", "picture", draw(good.icon));
  if (good.tag?.[language]) picture.append(make("span", "tag", good.tag[language]));
  const name = good.name[language];
  const buy = make(
    "div", "buy", make("span", "price", price),
    round("ask", "ask", `${words.askAbout}: ${name}`, ask),
    round("add", "add", `${words.add}: ${name}`, () => add(words)),
  );
  const item = make("li", `good ${own}`, picture, make("div", "about", make("h3", "", name), make("p", "", good.blurb?.[language] ?? ""), buy));
  item.hidden = kind !== "all" && kind !== own;
  return item;
}

function add(words) {
  const count = document.getElementById("count");
  count.textContent = String(++inCart);
  count.hidden = false;
  const toast = document.getElementById("toast");
  toast.textContent = words.added;
  toast.dataset.on = "";
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => delete toast.dataset.on, 1800);
}

function ask() {
  window.zhiyin?.toggle("open");
}

function show() {
  const words = WORDS[language];
  root.lang = language === "zh" ? "zh-CN" : "en";
  document.title = words.title;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = words[element.dataset.t];
  for (const element of document.querySelectorAll("[data-t-label]")) element.setAttribute("aria-label", words[element.dataset.tLabel]);
  const other = document.getElementById("language");
  other.textContent = words.other;
  other.lang = words.otherLang;
  other.setAttribute("aria-label", words.otherLabel);
  document.getElementById("grid").replaceChildren(...goods.map(card));
  for (const tab of document.querySelectorAll("#tabs [data-kind]")) tab.setAttribute("aria-pressed", String(tab.dataset.kind === kind));
}

function paint() {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.shown = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
}

function tellChat() {
  window.zhiyin?.setLocale(language);
  window.zhiyin?.setColorScheme(theme);
}

document.getElementById("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  keep("language", language);
  show();
  tellChat();
});
document.getElementById("theme").addEventListener("click", () => {
  theme = root.dataset.shown === "dark" ? "light" : "dark";
  keep("theme", theme);
  paint();
  tellChat();
});
for (const chooser of document.querySelectorAll("[data-kind]")) {
  chooser.addEventListener("click", () => {
    kind = chooser.dataset.kind;
    show();
  });
}
for (const button of document.querySelectorAll("[data-ask]")) button.addEventListener("click", ask);
dark.addEventListener("change", paint);
window.addEventListener("zhiyin:ready", tellChat);
if (window.zhiyin) tellChat();

paint();
show();
fetch("catalog.json")
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
  .then((all) => {
    goods = all;
    show();
  })
  .catch(() => {
    document.getElementById("sorry").hidden = false;
  });
