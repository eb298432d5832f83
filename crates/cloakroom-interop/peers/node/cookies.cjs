// The Node libraries behind the driver's line protocol: `node cookies.cjs LIBRARY COMMAND`, one JSON object a line in and
// one out. Text goes in and comes out as Latin-1, one character a byte, as Node's own HTTP server hands it over; what a
// library decodes to other characters comes out as these. Where a library has no function for a command, nothing answers.
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");
const readline = require("node:readline");

const load = createRequire(path.join(process.env.CLOAKROOM_PEERS, "node_modules") + path.sep);
const [library, command] = process.argv.slice(2);
const answer = { cookie: cookiePackage, "tough-cookie": toughCookie }[library]()[command];

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (text) => {
  const line = JSON.parse(text);
  let members;
  try {
    members = answer(line) ?? { ok: false, error: "refused" };
  } catch (error) {
    members = { ok: false, error: String(error.message) };
  }
  process.stdout.write(JSON.stringify({ id: line.id, ok: true, ...members }) + "\n");
});

function cookiePackage() {
  const cookie = load("cookie");
  return {
    "cookie-pairs": ({ header }) => ({ pairs: Object.entries(cookie.parseCookie(header)) }),
    "set-cookie-parse": ({ header }) => {
      const parsed = cookie.parseSetCookie(header);
      return {
        name: parsed.name,
        value: parsed.value,
        path: parsed.path,
        domain: parsed.domain,
        secure: parsed.secure ?? false,
        http_only: parsed.httpOnly ?? false,
        same_site: parsed.sameSite,
        partitioned: parsed.partitioned ?? false,
        max_age_s: parsed.maxAge,
        expires_s: seconds(parsed.expires),
      };
    },
    "set-cookie-build": (wanted) => ({
      set_cookie: cookie.stringifySetCookie({
        name: wanted.name,
        value: wanted.value,
        path: wanted.path ?? undefined,
        domain: wanted.domain,
        secure: wanted.secure,
        httpOnly: wanted.http_only,
        sameSite: wanted.same_site ?? undefined,
        partitioned: wanted.partitioned,
        maxAge: wanted.max_age_s,
      }),
    }),
  };
}

function toughCookie() {
  const { Cookie, parseDate } = load("tough-cookie");
  return {
    "set-cookie-parse": ({ header }) => {
      const parsed = Cookie.parse(header);
      return (
        parsed && {
          name: parsed.key,
          value: parsed.value,
          path: parsed.path,
          domain: parsed.domain,
          secure: parsed.secure,
          http_only: parsed.httpOnly,
          same_site: parsed.sameSite,
          partitioned: false,
          max_age_s: parsed.maxAge,
          expires_s: seconds(parsed.expires),
        }
      );
    },
    "cookie-date": ({ date }) => {
      const parsed = parseDate(date);
      return parsed && { unix_s: seconds(parsed) };
    },
  };
}

// A cookie without `Expires` has `undefined` in one library and the text "Infinity" in the other.
function seconds(date) {
  return date instanceof Date ? date.getTime() / 1000 : undefined;
}
