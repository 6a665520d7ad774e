"use strict";
// Whatever comes from a text is set as text, never as markup; the policy of this page allows no other script than this.
const EVERY_MS = 2000, STANDBY_MS = 15000, TRIES = 6, PAGE = 50, MOST = 200;
const NS = "http://www.w3.org/2000/svg";
const $ = id => document.getElementById(id);
const make = (tag, name, text, ...inner) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  node.append(...inner);
  return node;
};
const shape = (tag, attributes) => {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const spoken = (tag, name, text) => {
  const node = make(tag, name, text);
  node.lang = "zh";
  node.dir = "auto";
  return node;
};
const button = (text, act, name = "") => {
  const node = make("button", name, text);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
};
const pause = ms => new Promise(done => setTimeout(done, ms));
const percent = share => Math.round(share * 100) + "\u00a0%";
const two = n => String(n).padStart(2, "0");
const clock = at => {
  const t = new Date(at);
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
};
const lasting = s => s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : s < 129600 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
const dated = sentence => sentence.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, clock);
const ago = (at, now) => lasting(Math.max(0, (Date.parse(now) - Date.parse(at)) / 1000)) + " ago";
const tidy = n => n >= 100 ? n.toFixed(0) : n.toFixed(1);
const plain = rule => rule.replaceAll("_", " ");
const say = text => { $("said").textContent = text; };

// What the server asks for and gives. The token lives as long as the tab.
const held = { get token() { return sessionStorage.getItem("token") ?? ""; }, get name() { return sessionStorage.getItem("name") ?? ""; } };
let visitor = { name: "", writes: false, writable: false };
async function call(path, options = {}) {
  const headers = { ...options.headers, ...(held.token ? { Authorization: `Bearer ${held.token}` } : {}) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401 && !$("token").open) $("token").showModal();
  return answer;
}
async function json(path, options) {
  const answer = await call(path, options), body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.error), { status: answer.status });
  return body;
}
