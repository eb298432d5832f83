"""Compares cookie parsers and writers: `check_cookies.py DRIVER NODE DIFFERENCES`. Prints what was compared, as JSON.

The driver must agree with `reference.py`, which is our rule, on every input. A peer must agree with it too, once the
deviations that `differences.md` lists for that peer are switched on. So a difference that is not listed stops the run,
and so does an entry of the list that no input shows any more.
"""

import http.cookiejar
import http.cookies
import json
import math
import os
import re
import sys

import django.http.cookie
import werkzeug.sansio.http

import corpus
import reference
from driver import Driver, b64, unb64
from reference import ANY, OWS

HERE = os.path.dirname(os.path.abspath(__file__))
counts = {}


def main():
    driver, node, differences = sys.argv[1:]
    ours = Driver(driver)
    javascript = {
        library: Driver(node, os.path.join(HERE, "..", "node", "cookies.cjs"), library)
        for library in ("cookie", "tough-cookie")
    }
    listed = read_list(differences)
    seen = set()
    for check in (cookie_pairs, set_cookie_build, set_cookie_parse, cookie_date):
        seen |= check(ours, javascript)
    for what, entries in [("in the code and not in the list", seen - listed), ("listed and not seen", listed - seen)]:
        if entries:
            sys.exit(f"differences {what}: {sorted(entries)}")
    counts["differences"] = len(seen)
    print(json.dumps(counts))


def read_list(path):
    """The (command, peer, deviation) of each row of the tables."""
    rows, command = set(), None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("## "):
                command = line.removeprefix("## ").strip().strip("`")
            if m := re.match(r"\| ([^|]+) \| `([^`]+)` \|", line):
                row = (command, m[1].strip(), m[2])
                if row in rows:
                    sys.exit(f"listed twice: {row}")
                rows.add(row)
    return {row for row in rows if row[1] != "cookie (Rust)"}


class Peer:
    """What one peer does otherwise: deviations that the reference can follow, and inputs outside of what it can."""

    def __init__(self, name, deviations=(), outside=None):
        self.name, self.deviations, self.outside = name, frozenset(deviations), outside or {}

    def compare(self, command, inputs, answers, model, alike=lambda a, b: a == b):
        """Checks each answer against `model(input, deviations)`; returns the entries of the list that were seen."""
        key, seen = f"{command}, {self.name}", set()
        for given, answer in zip(inputs, answers, strict=True):
            beyond = [entry for entry, applies in self.outside.items() if applies(given)]
            expected = model(given, self.deviations)
            if beyond:
                # Not foretold. An entry is shown by an input to which it alone applies and that does differ.
                if len(beyond) == 1 and not alike(expected, answer):
                    seen.add(beyond[0])
                counts[key + ", outside"] = counts.get(key + ", outside", 0) + 1
                continue
            counts[key] = counts.get(key, 0) + 1
            if not alike(expected, answer):
                sys.exit(f"{key}: a difference that is not listed\n{given!r}\nexpected {expected}\nit says  {answer}")
            for deviation in self.deviations - seen:
                if not alike(model(given, self.deviations - {deviation}), answer):
                    seen.add(deviation)
        return {(command, self.name, entry) for entry in seen}

    def all(self, command):
        return {(command, self.name, entry) for entry in (*self.deviations, *self.outside)}


def agree(what, ours, theirs, given):
    counts[what] = counts.get(what, 0) + 1
    if ours != theirs:
        sys.exit(f"{what}: the driver and the reference differ\n{given!r}\nreference {theirs}\ndriver    {ours}")


def text(encoded):
    return unb64(encoded).decode("latin-1")


def bytes_b64(latin):
    return b64(latin.encode("latin-1"))


# cookie-pairs -------------------------------------------------------------------------------------------------------


def cookie_pairs(ours, javascript):
    rows = list(corpus.headers())
    answers = ours("cookie-pairs", [], [{"headers_b64": [bytes_b64(value) for value in row]} for row in rows])
    for row, answer in zip(rows, answers, strict=True):
        said = None
        if answer["ok"]:
            said = [(text(name), text(value)) for name, value in answer["pairs"]], answer["invalid"]
        agree("cookie-pairs", said or answer["error"], reference.cookie_pairs(row) or "too_large", row)

    joined = ["; ".join(row) for row in rows]
    seen = set()
    for peer, found in [
        (
            Peer(
                "cookie (Node)",
                ["percent-decoding", "pairs-with-controls", "cookie-empty-names", "one-value-first"]
                + ["pairs-without-limits"],
            ),
            [
                sorted(map(tuple, answer["pairs"]))
                for answer in javascript["cookie"]("cookie-pairs", [], [{"header": header} for header in joined])
            ],
        ),
        (
            Peer(
                "http.cookies (Python)",
                ["unquoting", "one-value-last", "pairs-without-limits"],
                {"simplecookie-grammar": beyond_simple_cookie, "simplecookie-reserved": has_reserved_name},
            ),
            [simple_cookie(header) for header in joined],
        ),
        (
            Peer(
                "Django",
                ["django-nameless", "django-trimming", "unquoting", "one-value-last", "pairs-with-controls"]
                + ["pairs-without-limits"],
            ),
            [sorted(django.http.cookie.parse_cookie(header).items()) for header in joined],
        ),
        (
            Peer(
                "Werkzeug",
                ["werkzeug-nameless", "werkzeug-inner-spaces", "pairs-with-controls", "pairs-without-limits"],
                {"werkzeug-quoted-string": lambda header: '"' in header},
            ),
            [sorted(werkzeug.sansio.http.parse_cookie(header).items(multi=True)) for header in joined],
        ),
    ]:
        model = lambda header, deviations: sorted((reference.cookie_pairs([header], deviations) or ([],))[0])
        seen |= peer.compare("cookie-pairs", joined, found, model)
    return seen


def simple_cookie(header):
    cookies = http.cookies.SimpleCookie()
    try:
        cookies.load(header)
    except http.cookies.CookieError:
        return "refused"
    return sorted((name, morsel.value) for name, morsel in cookies.items())


def beyond_simple_cookie(header):
    """Whether a segment is not a plain `name=value` as the library's grammar has it, or one before the last is empty."""
    name = r"[A-Za-z0-9!#$%&'*+\-.^_`|~:]+"
    value = r"""[A-Za-z0-9!#%&'~_`><@,:/$*+\-.^|)(?}{=\[\]]*|"(?:[^\\";\x00-\x1f]|\\[^;\x00-\x1f])*\""""
    segments = header.split(";")
    if not segments[-1].strip(OWS):
        segments.pop()
    return not all(re.fullmatch(rf"{name}[ \t]*=[ \t]*({value})", segment.strip(OWS)) for segment in segments)


def has_reserved_name(header):
    names = [segment.partition("=")[0].strip(OWS).lower() for segment in header.split(";")]
    reserved = {"expires", "path", "comment", "domain", "max-age", "secure", "httponly", "version", "samesite"}
    return any(name in reserved or name.startswith("$") for name in names)


# set-cookie-parse ---------------------------------------------------------------------------------------------------


def set_cookie_parse(ours, javascript):
    # What the driver builds is parsed by everybody as well.
    built = ours("set-cookie-build", [], [wanted_line(wanted) for wanted in corpus.wanted()])
    lines = [*corpus.lines(), *(answer["set_cookie"] for answer in built if answer["ok"])]
    answers = ours("set-cookie-parse", [], [{"value_b64": bytes_b64(line)} for line in lines])
    for line, answer in zip(lines, answers, strict=True):
        theirs = reference.set_cookie_parse(line)
        if theirs:
            # The protocol has these two as text.
            for member in ("path", "domain"):
                latin = theirs[member]
                theirs[member] = latin and latin.encode("latin-1").decode(errors="replace")
        agree("set-cookie-parse", our_cookie(answer), theirs, line)

    seen = set()
    for library, peer in [
        (
            "cookie",
            Peer(
                "cookie (Node)",
                ["cookie-controls", "without-limits", "cookie-nameless", "percent-decoding", "javascript-dates"]
                + ["max-age-uncut", "cookie-attributes-verbatim", "cookie-same-site-unknown"],
            ),
        ),
        (
            "tough-cookie",
            Peer(
                "tough-cookie (Node)",
                ["tough-controls", "tough-trimming", "tough-nameless", "without-limits", "max-age-uncut"]
                + ["tough-empty-domain", "tough-partitioned", "tough-domain-case"],
            ),
        ),
    ]:
        found = javascript[library]("set-cookie-parse", [], [{"header": line} for line in lines])
        found = [their_cookie(answer) if answer["ok"] else None for answer in found]
        seen |= peer.compare("set-cookie-parse", lines, found, reference.set_cookie_parse, alike_cookies)
    return seen


FIELDS = ["name", "value", "path", "domain", "secure", "http_only"]
FIELDS += ["same_site", "partitioned", "max_age_s", "expires_s"]


def our_cookie(answer):
    if not answer["ok"]:
        return None
    attributes = answer["attributes"]
    attributes["same_site"] = attributes["same_site"] and attributes["same_site"].lower()
    return {"name": text(answer["name_b64"]), "value": text(answer["value_b64"]), **attributes}


def their_cookie(answer):
    return {field: answer.get(field) for field in FIELDS}


def alike_cookies(expected, answer):
    if expected is None or answer is None:
        return expected is answer
    return all(alike_values(expected[field], answer[field]) for field in FIELDS)


def alike_values(expected, answer):
    """Numbers are compared as JavaScript has them."""
    if expected is ANY:
        return True
    if type(expected) is int:
        expected = float(expected) if abs(expected) < 10**300 else math.inf
        return answer is not None and expected == float(answer)
    return expected == answer


# set-cookie-build ---------------------------------------------------------------------------------------------------


def wanted_line(wanted):
    line = {member: value for member, value in wanted.items() if member != "value"}
    return {**line, "value_b64": b64(wanted["value"].encode())}


def set_cookie_build(ours, javascript):
    rows = list(corpus.wanted())
    answers = ours("set-cookie-build", [], [wanted_line(wanted) for wanted in rows])
    for wanted, answer in zip(rows, answers, strict=True):
        said = reference.set_cookie_parse(answer["set_cookie"]) if answer["ok"] else None
        agree("set-cookie-build", said, reference.set_cookie_build(wanted), wanted)

    # The peers have no defaults and no prefixes to add.
    whole = []
    for wanted in rows:
        prefix = wanted.get("prefix")
        name = wanted["name"]
        if prefix and not name.startswith(reference.PREFIXES[prefix]):
            name = reference.PREFIXES[prefix] + name
        defaults = {"path": "/", "secure": True, "http_only": True, "same_site": "Lax", "partitioned": False}
        whole.append({**defaults, **wanted, "name": name, "prefix": None})
    verbatim = {"without-limits", "max-age-uncut", "cookie-attributes-verbatim", "cookie-same-site-unknown"}
    found = []
    for answer in javascript["cookie"]("set-cookie-build", [], whole):
        cookie = reference.set_cookie_parse(answer["set_cookie"], verbatim) if answer["ok"] else None
        if cookie:
            cookie["path"] = cookie["path"] or None
        found.append(cookie)
    peer = Peer(
        "cookie (Node)",
        ["build-wide-names", "build-encodes", "build-without-limits", "build-path-verbatim", "build-domain-verbatim"]
        + ["build-any-max-age", "build-free-combinations", "build-removal-bare"],
    )
    return peer.compare("set-cookie-build", whole, found, reference.set_cookie_build, alike_cookies)


# cookie-date --------------------------------------------------------------------------------------------------------


def cookie_date(ours, javascript):
    dates = list(corpus.dates())
    answers = ours("cookie-date", [], [{"date": date} for date in dates])
    for date, answer in zip(dates, answers, strict=True):
        # The driver takes text, so a character over U+007F is two bytes; neither is a delimiter or a digit.
        agree("cookie-date", answer.get("unix_s"), reference.cookie_date(date), date)
    model = lambda date, _: reference.cookie_date(date)
    peer = Peer("tough-cookie (Node)")
    found = javascript["tough-cookie"]("cookie-date", [], [{"date": date} for date in dates])
    seen = peer.compare("cookie-date", dates, [answer.get("unix_s") for answer in found], model)
    peer = Peer(
        "http.cookiejar (Python)",
        outside={
            "cookiejar-formats": lambda date: not cookiejar_form(date),
            "cookiejar-two-digit-years": lambda date: bool((m := cookiejar_form(date)) and len(m["year"]) == 2),
            "cookiejar-before-1970": lambda date: bool((m := cookiejar_form(date)) and 1600 < int(m["year"]) < 1970),
            "cookiejar-no-such-day": lambda date: bool(cookiejar_form(date)) and reference.cookie_date(date) is None,
        },
    )
    return seen | peer.compare("cookie-date", dates, [http.cookiejar.http2time(date) for date in dates], model)


def cookiejar_form(date):
    """The forms that both sides read: RFC 9110 section 5.6.7 and the Netscape one, the weekday left out or not."""
    weekday = "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), )?"
    months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
    form = rf"{weekday}\d\d[ -](?:{months})[ -](?P<year>\d{{2}}|\d{{4}}) \d\d:\d\d:\d\d(?: GMT)?"
    return re.fullmatch(form, date, re.A)


if __name__ == "__main__":
    main()
