// The program of the page /app, and the only script of this server.
//
// The refresh token lies in a cookie that no script can read. The access token is in the variable below and nowhere else:
// no storage, no cookie, no place in the document. A reload forgets it and asks for another.

const at = (id) => document.getElementById(id);

let csrf = document.querySelector("meta[name=csrf-token]").content;
let access = null;
let timer = 0;
let running = null;
let over = false;
let leaving = false;

// What ended a log-in, by the names that the server gives.
const ENDS = {
  reused:
    "An old refresh token was used, so somebody else has a copy of one. The server has ended the whole family: the thief is " +
    "out, and so are you.",
  revoked: "You were logged out everywhere.",
  logged_out: "This log-in was ended: you have logged out in this browser.",
  ended: "This log-in has ended: its time was up, or it was ended elsewhere.",
  account_gone: "The account is not here any more.",
  unknown: "What this browser holds is no refresh token of this server.",
  absent: "This browser holds no refresh token any more.",
  page:
    "This page belongs to a log-in that this browser does not have any more: it has ended in another tab, or another one " +
    "has begun.",
};

function say(text) {
  at("state").textContent = text;
}

function note(list, text, data = {}) {
  const item = document.createElement("li");
  Object.assign(item.dataset, data);
  item.textContent = `${new Date().toLocaleTimeString()} ${text}`;
  at(list).append(item);
}

// A request to this server's own address: the cookie goes with it, and the CSRF token says that this page has sent it.
function post(path) {
  return fetch(path, {
    method: "POST",
    headers: { "X-CSRF-Token": csrf },
    body: new URLSearchParams(access ? { access_token: access.token } : {}),
    credentials: "same-origin",
    redirect: "manual",
    cache: "no-store",
  });
}

// The answer of a route that speaks JSON. A page in its place is the refusal of this page's CSRF token.
async function ask(path) {
  const response = await post(path);
  if (response.status === 403) {
    return { error: "page" };
  }
  return await response.json();
}

function end(reason) {
  over = true;
  access = null;
  clearTimeout(timer);
  for (const button of document.querySelectorAll("main button")) {
    button.disabled = true;
  }
  document.body.dataset.over = reason;
  say(ENDS[reason]);
  note("refreshes", `The end. ${ENDS[reason]}`, { over: reason });
  at("again").hidden = false;
}

// Asks again in the background, before the access token ends.
function plan(seconds) {
  clearTimeout(timer);
  if (leaving) {
    return;
  }
  timer = setTimeout(refresh, seconds * 1000);
}

// One at a time in this tab. Another tab may do the same at the same moment: both get the same successor.
function refresh() {
  running ??= rotate().finally(() => {
    running = null;
  });
  return running;
}

async function rotate() {
  if (over || leaving) {
    return;
  }
  let answer;
  try {
    answer = await ask("/app/refresh");
  } catch {
    answer = { error: "unavailable" };
  }
  if (over) {
    return;
  }
  if (answer.access_token) {
    access = { token: answer.access_token, ends: performance.now() + answer.expires_in * 1000 };
    csrf = answer.csrf_token;
    at("generation").textContent = answer.generation;
    note(
      "refreshes",
      answer.retried
        ? `Generation ${answer.generation} once more: the same successor, for the answer had been lost or another tab was faster.`
        : `Generation ${answer.generation}: a new successor, and the token before is used up.`,
      { generation: answer.generation, retried: answer.retried },
    );
    say("Logged in. The access token is renewed in the background.");
    document.body.dataset.running = "";
    plan((answer.expires_in * 2) / 3);
    return;
  }
  if (answer.thief) {
    const text = `The thief's newest token, generation ${answer.thief.generation}, was tried as well: it is refused.`;
    note("thefts", text, { thief: "refused" });
  }
  if (answer.error in ENDS) {
    end(answer.error);
    return;
  }
  // The store is down, or the network, or another tab has just gone on twice: nothing has ended.
  note("refreshes", `No answer of use (${answer.error}). The next attempt is in two seconds.`, { failed: answer.error });
  say("The server gives no new access token just now. You are still logged in.");
  plan(2);
}

async function call() {
  if (!access || performance.now() >= access.ends) {
    await refresh();
  }
  if (over || !access) {
    return;
  }
  let shown;
  try {
    const response = await fetch("/api/me", {
      headers: { Authorization: `Bearer ${access.token}` },
      credentials: "omit",
      cache: "no-store",
    });
    shown = `${response.status} ${response.statusText}\n${JSON.stringify(await response.json(), null, 2)}`;
    at("answer").dataset.status = response.status;
    at("answer").textContent = shown;
    if (response.status === 401) {
      await refresh();
    }
  } catch {
    at("answer").textContent = "The server does not answer.";
  }
}

async function steal() {
  at("steal").disabled = true;
  let answer;
  try {
    answer = await ask("/app/thief");
  } catch {
    answer = { error: "unavailable" };
  }
  if (answer.generations) {
    note(
      "thefts",
      `The thief has shown a copy of your token and rotated it three times: generations ${answer.generations.join(", ")}. ` +
        "Your browser still holds an older one. Its next refresh will show it.",
      { thief: "ahead" },
    );
  } else if (answer.error in ENDS) {
    end(answer.error);
  } else {
    note("thefts", `The thief got nothing (${answer.error}).`, { thief: "failed" });
    at("steal").disabled = false;
  }
}

// The forms to log out work without this; with it the access token ends, too.
async function leave(event) {
  event.preventDefault();
  const form = event.target;
  // A refresh that is under way brings an access token that has to end, too: it goes along, and none is asked for after it.
  leaving = true;
  clearTimeout(timer);
  await running;
  try {
    const response = await post(new URL(form.action).pathname);
    if (response.type === "opaqueredirect") {
      over = true;
      access = null;
      location.assign(`/app?notice=${form.dataset.notice}`);
      return;
    }
    if (response.status === 403) {
      end("page");
      return;
    }
  } catch {
    // Said below.
  }
  leaving = false;
  plan(2);
  say("The server did not confirm it, so you may still be logged in. Try again.");
}

setInterval(() => {
  const left = access ? Math.max(0, Math.ceil((access.ends - performance.now()) / 1000)) : 0;
  at("left").textContent = access ? `good for another ${left} s` : "none";
}, 250);

at("call").addEventListener("click", call);
at("refresh").addEventListener("click", refresh);
at("steal").addEventListener("click", steal);
for (const form of document.querySelectorAll("form[data-notice]")) {
  form.addEventListener("submit", leave);
}
refresh();
