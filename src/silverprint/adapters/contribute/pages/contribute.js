// Uploads of many pictures, piece by piece, so that a dropped connection costs one piece. Without this file the page is a
// plain form.
"use strict";

const STEP = 512 * 1024; // bytes of a piece
const AT_ONCE = 2;
const PATIENCE_MS = 10 * 60 * 1000; // how long one picture is tried again
const form = document.getElementById("give");
const words = form.dataset;
const sent = document.getElementById("sent");
const connection = document.getElementById("connection");
const leaving = document.getElementById("leaving");
const queue = [];
let working = 0;
let hasAsked = false; // whether somebody was told that pictures are not sent yet
let isLeaving = false;
let number = document.querySelectorAll(".pictures li").length;

document.documentElement.classList.add("scripted");
for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
}
const drop = document.getElementById("drop");
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop") add(event.dataTransfer.files);
  });
}
window.addEventListener("beforeunload", (event) => {
  if (unsent() && !isLeaving) event.preventDefault();
});
document.getElementById("done").addEventListener("click", (event) => {
  isLeaving = hasAsked;
  if (isLeaving || !unsent()) return;
  event.preventDefault();
  hasAsked = true;
  tellUnsent();
});
document.addEventListener("submit", (event) => {
  if (!event.target.action.endsWith("/take-back")) return;
  event.preventDefault(); // the page would be left, and what is not sent yet would be lost
  takeBack(event.target);
});

function unsent() {
  return working + queue.length;
}

function tellUnsent() {
  hasAsked = hasAsked && unsent() > 0;
  leaving.textContent = hasAsked ? words.stillSending.replace("{}", unsent()) : "";
}

function add(files) {
  for (const file of files) {
    const item = { file, upload: hex(16), row: document.createElement("li") };
    item.name = item.row.appendChild(element("span", "name", file.name));
    item.progress = item.row.appendChild(document.createElement("progress"));
    item.progress.max = Math.max(file.size, 1);
    item.progress.value = 0;
    item.progress.setAttribute("aria-label", file.name);
    item.state = item.row.appendChild(element("span", "state", words.waiting));
    sent.append(item.row);
    if (file.size > Number(words.most)) finish(item, { state: "refused", words: words.tooLarge });
    else queue.push(item);
  }
  work();
}

function work() {
  while (working < AT_ONCE && queue.length) {
    working += 1;
    const item = queue.shift();
    send(item).catch(() => giveUp(item)).finally(() => {
      working -= 1;
      work();
      tellUnsent();
    });
  }
}

async function send(item) {
  const end = Date.now() + PATIENCE_MS;
  let at = 0;
  let pause = 1000;
  item.state.textContent = words.sending;
  while (Date.now() < end) {
    let answer;
    try {
      answer = await piece(item, at);
    } catch {
      connection.textContent = words.offline; // and then the server is asked how far it got
      await quiet(pause);
      pause = Math.min(pause * 2, 15000);
      at = null;
      continue;
    }
    connection.textContent = "";
    if (answer.status === 408 || answer.status === 429 || answer.status >= 500) {
      item.state.textContent = answer.body.words || words.offline;
      await quiet(pause);
      pause = Math.min(pause * 2, 15000);
      at = null;
      continue;
    }
    if (answer.body.state) return finish(item, answer.body);
    if (typeof answer.body.offset !== "number") return finish(item, { state: "refused", words: answer.body.words || words.gaveUp });
    if (answer.body.offset > at) pause = 1000;
    at = answer.body.offset;
    item.progress.value = at;
    item.state.textContent = words.sending;
  }
  giveUp(item);
}

// One piece from `at` on; with null, only the question how far the server got.
async function piece(item, at) {
  const place = `${words.base}/uploads/${item.upload}?language=${words.language}`;
  const headers = { "X-Form": words.form };
  if (at === null) return read(await fetch(place, { headers, cache: "no-store" }));
  const body = item.file.slice(at, at + STEP);
  if (at + body.size >= item.file.size) item.state.textContent = words.checking;
  headers["Upload-Offset"] = String(at);
  headers["Upload-Length"] = String(item.file.size);
  return read(await fetch(place, { method: "PUT", headers, body }));
}

async function read(response) {
  return { status: response.status, body: await response.json() };
}

function finish(item, answer) {
  item.row.dataset.state = answer.state;
  item.progress.remove();
  item.state.textContent = answer.state === "taken" ? words.taken : answer.words;
  tellCounts(answer);
  if (answer.state !== "taken") return;
  number += 1;
  const image = document.createElement("img");
  image.src = `${words.base}/previews/${answer.picture}`;
  image.alt = words.yourPicture.replace("{}", number);
  item.row.prepend(image);
  const back = document.createElement("form");
  back.method = "post";
  back.action = `${words.base}/take-back`;
  for (const [name, value] of [["form", words.form], ["language", words.language], ["picture", answer.picture]]) {
    const field = back.appendChild(document.createElement("input"));
    field.type = "hidden";
    field.name = name;
    field.value = value;
  }
  const button = back.appendChild(element("button", "quiet", words.takeBack));
  button.setAttribute("aria-label", words.takeBackLabel.replace("{}", number));
  item.row.append(back);
}

function tellCounts(answer) {
  if (answer.wanted) document.getElementById("wanted").textContent = answer.wanted;
  if (answer.given) document.getElementById("given").textContent = answer.given;
}

// Takes a picture back by its form, without leaving the page.
async function takeBack(back) {
  const row = back.closest("li");
  const button = back.querySelector("button");
  button.disabled = true;
  row.querySelector(".trouble")?.remove();
  let answer = null;
  try {
    const body = new URLSearchParams(new FormData(back));
    const headers = { Accept: "application/json" };
    const response = await fetch(`${back.action}?language=${words.language}`, { method: "POST", headers, body });
    if (response.ok) answer = await response.json();
  } catch {
    // told below, as every other answer
  }
  if (answer === null) {
    button.disabled = false;
    const trouble = element("span", "trouble refused", words.notTakenBack);
    trouble.setAttribute("role", "alert");
    back.after(trouble);
    return;
  }
  tellCounts(answer);
  row.dataset.state = "back";
  const said = element("span", "state", words.takenBack);
  said.tabIndex = -1; // the button that had the focus is gone
  row.replaceChildren(...row.querySelectorAll(".name"), said);
  said.focus();
}

function giveUp(item) {
  item.state.textContent = words.gaveUp + " ";
  const button = item.state.appendChild(element("button", "quiet", words.again));
  button.type = "button";
  button.addEventListener("click", () => {
    queue.push(item);
    work();
  });
}

// Waits, or less where the browser says that the connection is back.
function quiet(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    }
    window.addEventListener("online", done);
  });
}

function hex(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (one) => one.toString(16).padStart(2, "0")).join("");
}

function element(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}
