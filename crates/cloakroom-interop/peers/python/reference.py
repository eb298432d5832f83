"""Our cookie rules, written a second time and slowly, from RFC 6265bis and the crate's own documentation.

Each function takes text whose characters are bytes (Latin-1) and a set of deviations. With none it is our rule, and
the driver must agree with it on every input. With some it is what another library does: each deviation is an entry of
`differences.md`, where its reason stands.
"""

import datetime
import re
import string

OWS = " \t"
NONE = frozenset()
ANY = object()  # An answer that is not foretold.

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
COOKIE_OCTETS = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
AV_OCTETS = re.compile(r"[\x20-\x3a\x3c-\x7e]*")
PREFIXES = {"host-http": "__Host-Http-", "host": "__Host-", "http": "__Http-", "secure": "__Secure-"}
GREATEST_PAIR, GREATEST_ATTRIBUTE = 4096, 1024
AGE_LIMIT_S = 400 * 86_400


def has_control(text, but="\t"):
    return any((char < " " or char == "\x7f") and char not in but for char in text)


def prefix_of(name):
    """The prefix that a user agent sees, in any letter case."""
    return next((kind for kind, text in PREFIXES.items() if name.lower().startswith(text.lower())), None)


# The Cookie header ----------------------------------------------------------------------------------------------------


def cookie_pairs(headers, deviations=NONE):
    """The pairs of all header values in order, and how many segments are none. `None` when a limit is passed."""
    on = deviations.__contains__
    if not on("pairs-without-limits"):
        segments = [segment for header in headers for segment in header.split(";") if segment.strip(OWS)]
        if sum(map(len, headers)) > 32 * 1024 or len(segments) > 3000:
            return None
    pairs, invalid = [], 0
    for header in headers:
        if on("cookie-empty-names") and len(header) < 2:
            continue
        for segment in header.split(";"):
            if not segment.strip(OWS):
                continue
            if has_control(segment) and not on("pairs-with-controls"):
                invalid += 1
                continue
            if "=" in segment:
                name, value = segment.split("=", 1)
            elif on("django-nameless"):
                name, value = "", segment
            elif on("werkzeug-nameless"):
                name, value = segment, ""
            else:
                invalid += 1
                continue
            trimmed = None if on("django-trimming") else OWS
            name, value = name.strip(trimmed), value.strip(trimmed)
            if on("werkzeug-inner-spaces") and re.search("[ \t]", name + value):
                continue
            if not name and not (on("cookie-empty-names") or (on("django-nameless") and value)):
                invalid += 1
                continue
            if on("unquoting"):
                value = unquoted(value)
            if on("percent-decoding"):
                value = percent_decoded(value)
            pairs.append((name, value))
    if on("one-value-first"):
        pairs = list(dict(reversed(pairs)).items())
    if on("one-value-last"):
        pairs = list(dict(pairs).items())
    return pairs, invalid


def unquoted(value):
    """Quotes around a value dropped, and `\\ooo` and `\\c` in it undone, as Python's standard library does."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    undo = lambda m: chr(int(m[1], 8)) if m[1] else m[2]
    return re.sub(r"\\(?:([0-3][0-7][0-7])|(.))", undo, value[1:-1])


def percent_decoded(value):
    """`decodeURIComponent`, which leaves what it cannot decode as it is."""
    if re.search("%(?![0-9A-Fa-f]{2})", value):
        return value
    try:
        runs = lambda m: bytes.fromhex(m[0].replace("%", "")).decode()
        return re.sub("(?:%[0-9A-Fa-f]{2})+", runs, value)
    except UnicodeDecodeError:
        return value


# Dates ----------------------------------------------------------------------------------------------------------------

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def cookie_date(text):
    """RFC 6265bis section 5.1.1, its grammar as regular expressions; seconds since 1970 or `None`."""
    time = day = month = year = None
    for token in re.split("[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]", text):
        if time is None and (m := re.match(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])", token)):
            time = [int(field) for field in m.groups()]
        elif day is None and (m := re.match(r"[0-9]{1,2}(?![0-9])", token)):
            day = int(m[0])
        elif month is None and token[:3].lower() in MONTHS:
            month = MONTHS.index(token[:3].lower()) + 1
        elif year is None and (m := re.match(r"[0-9]{2,4}(?![0-9])", token)):
            year = int(m[0])
    if None in (time, day, month, year):
        return None
    if year <= 99:
        year += 1900 if year >= 70 else 2000
    if year < 1601:
        return None
    try:
        date = datetime.datetime(year, month, day, *time, tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    return int((date - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)).total_seconds())


# Set-Cookie: the user agent -------------------------------------------------------------------------------------------


def set_cookie_parse(line, deviations=NONE):
    """RFC 6265bis section 5.6, and of section 5.7 what needs no request; `None` where the line is ignored."""
    on = deviations.__contains__
    trim = (lambda text: js_trim(text)) if on("tough-trimming") else (lambda text: text.strip(OWS))
    if on("tough-controls"):
        line = trim(line)
        first, semicolon, rest = line.partition(";")
        first = re.split("[\n\r\x00]", first)[0]
        # Its rule looks at the pair, once trimmed, and counts HTAB among the controls and DEL not.
        name, _, value = first.partition("=")
        if has_control(trim(name).replace("\x7f", "") + trim(value).replace("\x7f", ""), but=""):
            return None
        line = first + semicolon + rest
    elif has_control(line) and not on("cookie-controls"):
        return None
    pair, *attributes = line.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", name
    name, value = trim(name), trim(value)
    if not on("without-limits") and len(name + value) > GREATEST_PAIR:
        return None
    if not name:
        if on("tough-nameless") or not (on("cookie-nameless") or (value and not prefix_of(value))):
            return None
    if on("percent-decoding"):
        value = percent_decoded(value)
    cookie = {
        "name": name, "value": value, "path": None, "domain": None, "secure": False, "http_only": False,
        "same_site": None, "partitioned": False, "max_age_s": None, "expires_s": None,
    }  # fmt: skip
    for attribute in attributes:
        key, equals, value = attribute.partition("=")
        key, value = trim(key).lower(), trim(value)
        if len(value) > GREATEST_ATTRIBUTE and not on("without-limits"):
            continue
        if key == "expires":
            date = cookie_date(value)
            if on("javascript-dates") and value and not imf_fixdate(value):
                date = ANY
            if date is not None and cookie["expires_s"] is not ANY:
                cookie["expires_s"] = date
        elif key == "max-age" and re.fullmatch("-?[0-9]+", value):
            # Zero and less all mean the same, so where ours ends below is no rule.
            cut = lambda age: max(-(2**63), min(age, AGE_LIMIT_S))
            cookie["max_age_s"] = int(value) if on("max-age-uncut") else cut(int(value))
        elif key == "domain":
            if on("cookie-attributes-verbatim"):
                cookie["domain"] = value if equals else None
            elif not (on("tough-empty-domain") and not value.removeprefix(".")):
                lower = str.lower if on("tough-domain-case") else ascii_lower
                cookie["domain"] = lower(value.removeprefix(".")) or None
        elif key == "path":
            if on("cookie-attributes-verbatim"):
                cookie["path"] = value if equals else None
            else:
                cookie["path"] = value if value.startswith("/") else None
        elif key == "secure":
            cookie["secure"] = True
        elif key == "httponly":
            cookie["http_only"] = True
        elif key == "samesite":
            known = value.lower() if value.lower() in ("strict", "lax", "none") else None
            if known or not on("cookie-same-site-unknown"):
                cookie["same_site"] = known
        elif key == "partitioned" and not on("tough-partitioned"):
            cookie["partitioned"] = True
    return cookie


def ascii_lower(text):
    return text.translate(str.maketrans(string.ascii_uppercase, string.ascii_lowercase))


def js_trim(text):
    """What JavaScript's `trim` drops among the characters up to U+00FF."""
    return text.strip("\t\n\v\f\r \xa0")


def imf_fixdate(text):
    """Whether `text` is the date form of RFC 9110 section 5.6.7 and a day that exists, which everybody reads alike."""
    try:
        date = datetime.datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT")
    except ValueError:
        return False
    return date.year >= 1601 and date.strftime("%a, %d %b %Y %H:%M:%S GMT") == text


# Set-Cookie: the server -----------------------------------------------------------------------------------------------


def set_cookie_build(wanted, deviations=NONE):
    """The cookie that the members ask for, as `set_cookie_parse` would read it; `None` where it is not built."""
    on = deviations.__contains__
    name, value = wanted["name"], wanted["value"]
    prefix = wanted.get("prefix")
    if not name:
        return None
    if prefix and not name.startswith(PREFIXES[prefix]):
        if prefix_of(name):
            return None
        name = PREFIXES[prefix] + name
    inner = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    path = wanted.get("path", "/")
    if prefix in ("host", "host-http") and path is None:
        # These constructors have Path=/ and nothing to turn it off with.
        path = "/"
    domain = wanted.get("domain")
    same_site = wanted.get("same_site", "Lax")
    secure, http_only = wanted.get("secure", True), wanted.get("http_only", True)
    partitioned, max_age = wanted.get("partitioned", False), wanted.get("max_age_s")

    if on("build-wide-names"):
        fine = re.fullmatch("[\x21-\x3a\x3c\x3e-\x7e]+", name)
    else:
        fine = TOKEN.fullmatch(name)
    if on("build-encodes"):
        # Any text can be a value then; lone quotes, for one, are encoded.
        fine = fine and True
    else:
        fine = fine and COOKIE_OCTETS.fullmatch(inner)
    if not on("build-without-limits"):
        fine = fine and len(name + value) <= GREATEST_PAIR and len(path or "") <= GREATEST_ATTRIBUTE
    if path is not None:
        if on("build-path-verbatim"):
            fine = fine and re.fullmatch("[\x20-\x3a\x3d-\x7e]*", path)
        else:
            fine = fine and path.startswith("/") and AV_OCTETS.fullmatch(path) and not path.endswith(" ")
    if domain is not None:
        if on("build-domain-verbatim"):
            label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
            fine = fine and (domain == "" or re.fullmatch(rf"\.?{label}(?:\.{label})*", domain, re.I | re.A))
        else:
            fine = fine and is_domain(domain.removeprefix("."))
    if max_age is not None and not on("build-any-max-age"):
        fine = fine and (0 < max_age <= AGE_LIMIT_S or (max_age == 0 and value == ""))
    if not on("build-free-combinations"):
        if same_site and same_site.lower() == "none" or partitioned:
            fine = fine and secure
        if seen := prefix_of(name):
            fine = fine and secure
            if "http" in seen:
                fine = fine and http_only
            if "host" in seen:
                fine = fine and path == "/" and domain is None
    if not fine:
        return None
    if on("build-encodes"):
        value = encoded(value)
    if on("build-domain-verbatim"):
        domain = domain or None
    elif domain is not None:
        domain = domain.removeprefix(".").lower()
    removal = max_age == 0 and not on("build-removal-bare")
    if on("build-path-verbatim"):
        path = path and path.strip(OWS) or None
    return {
        "name": name, "value": value, "path": path, "domain": domain, "secure": secure, "http_only": http_only,
        "same_site": same_site and same_site.lower(), "partitioned": partitioned, "max_age_s": max_age,
        "expires_s": 0 if removal else None,
    }  # fmt: skip


def is_domain(text):
    labels = ascii_lower(text).split(".")
    last = labels[-1]
    return (
        len(text) <= 253
        and len(labels) >= 2
        and all(re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) for label in labels)
        and not last.isdigit()
        and not last.startswith("0x")
    )


def encoded(value):
    """`encodeURIComponent`."""
    kept = string.ascii_letters + string.digits + "-_.!~*'()"
    return "".join(char if char in kept else "".join(f"%{byte:02X}" for byte in char.encode()) for char in value)
