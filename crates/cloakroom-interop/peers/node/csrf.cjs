// The CSRF decision a third time: `node csrf.cjs csrf-decide SETTINGS`, one JSON object a line in and one out. Fields are held
// as Node's HTTP server holds them, and origins are compared as its URL class serializes them.
"use strict";

const readline = require("node:readline");

const { public: site, trusted, carriers } = JSON.parse(process.argv[3]);

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (text) => {
  const { id, ...request } = JSON.parse(text);
  process.stdout.write(JSON.stringify({ id, ok: true, allow: allows(request) }) + "\n");
});

function allows({ method, host, headers }) {
  const fields = new Map();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    fields.set(key, [...(fields.get(key) ?? []), value.replace(/^[ \t]+|[ \t]+$/g, "")]);
  }
  const all = (name) => fields.get(name) ?? [];
  const only = (name) => (all(name).length === 1 ? all(name)[0] : undefined);

  const protocols = all("upgrade").join(",").split(",");
  const opens = fields.has(":protocol") || protocols.some((item) => item.split("/")[0].trim().toLowerCase() === "websocket");
  if (!opens && ["GET", "HEAD", "OPTIONS"].includes(method)) return true;

  const names = all("cookie").flatMap((line) => line.split(";").filter((item) => item.includes("=")));
  const carried = names.some((item) => carriers.includes(item.slice(0, item.indexOf("=")).trim()));
  const bearer = /^(bearer|dpop) +[A-Za-z0-9._~+/-]+=*$/i.test(only("authorization") ?? "");
  if (bearer && !carried) return true;

  const origin = only("origin");
  if (trusted.includes(origin)) return true;
  // A URL that is its own origin is written as browsers write origins.
  const url = origin !== undefined && URL.canParse(origin) && new URL(origin);
  const same = url && url.origin === origin && (site ? url.origin === site : url.host === host);
  const fetchSite = all("sec-fetch-site");
  if (fetchSite.length > 0) {
    if (fetchSite.length > 1) return false;
    if (fetchSite[0] === "same-origin") return true;
    return fetchSite[0] === "none" && (!fields.has("origin") || Boolean(same));
  }
  if (fields.has("origin")) return Boolean(same);
  return !carried;
}
