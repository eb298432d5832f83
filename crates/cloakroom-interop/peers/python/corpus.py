"""What the peers are asked: rows written by hand from the standards, and more from a generator with a fixed seed.

Text stands for bytes, one character each (Latin-1), except in `wanted`, where it is text.
"""

import datetime
import random

SEED = 20_261_121

# Cookie headers: each row is a list of header values. ---------------------------------------------------------------

HEADERS = [
    ["a=1"],
    ["a=1; b=2"],
    ["%5F%5FHost-sid=x; %73ession=x"],
    ["__Host-sid=good; sid=evil"],
    ["sid=1; SID=2; Sid=3"],
    ["\u00a0a=1; \x85b=2; \x0bc=3; \x0cd=4"],
    ["a\u00a0=1; b=2\u00a0; c\x85=\x85; d=\x0b"],
    ["\xe2\x80\x80a=1; b=\xe2\x80\x80"],
    ["a=\xff; b=1", "c=\xc3\xa9"],
    ["a=1; b=\x00; c=3"],
    ["a=1; b=\x7f; c=\x1f; d=\x08; e=5"],
    ["a=1\tb; \tc\t=\td\t"],
    ["a=1; b; c=3"],
    ["=x; a=1"],
    ["=; a=1"],
    ["="],
    ["a=1; =; b=2"],
    ["a=1;;b=2;"],
    [";"],
    ["; ; ;"],
    [""],
    [" \t "],
    ["a"],
    ["a="],
    ["a=; b="],
    ["a=1; a=2; a=3"],
    ["a=1; b=x; a="],
    ['$Version=1; a="x; b=c"'],
    ['a="x"; $Path=/; b="y'],
    ['a="b"; c="d\\"e"; f="\\073"'],
    ['a="'],
    ['a=""'],
    ['a="\\"'],
    ["a = b"],
    ["a=b=c; d==; e=="],
    ["a=\\073"],
    ["a=%41; b=%; c=%4; d=%zz; e=%C3%A9; f=%E9; g=%2525; h=%00; i=%3B"],
    ["a=1", "b=2", "a=3"],
    ["a=1;", ";b=2", "", "c"],
    ["a[0]=1; a b=1; a@b=1; a/b=1; a{b}=1; a,b=1; a:b=1; a(b)=1"],
    ["a=1,b=2"],
    ["a=b c; d=e\tf"],
    ["a=<b>; c=d{}; e=f[]; g=`h|~^"],
    ["path=/; domain=x; a=1; secure=1; expires=never"],
    ["a=1; path=/; Max-Age=2; HttpOnly; Secure; b=3"],
    ["__proto__=1; constructor=2; toString=3; hasOwnProperty=4"],
    ["a=1\r\nb=2"],
    ["a=1\nb=2; c=3"],
    ["=a=b; c=d"],
    ["a=" + "x" * 4096 + "; b=2"],
    ["a=;" * 3000],
    ["a=;" * 3001],
    ["a=" + "x" * 32766],
    ["a=" + "x" * 32767],
    ["a=" + "x" * 16000, "b=" + "x" * 17000],
    [";" * 32768],
    ["; " * 10 + "z=1"],
]

HEADER_PIECES = (
    list("ab=;; \t\"\\%,$_-[]{}()<>@:/?'!~^`|&*+.#\x00\x01\x08\x0b\x0c\r\n\x1f\x7f\x80\x85\xa0\xad\xe9\xff09")
    + ["a=1", "b=2", "sid=x", "; ", ";", ' "', '"', "%41", "%C3%A9", "\\073", '\\"', "__Host-", "$Version", "path=/"]
    + ["aa", "Secure", "xyz", "==", "a=1; ", "b=2; ", '"x"', "=x"]
)


def headers(number=4000):
    """Rows of header values; a few bytes are such that an HTTP library stops them before any cookie parser."""
    rng = random.Random(SEED)
    yield from HEADERS
    for _ in range(number):
        kind = rng.random()
        if kind < 0.4:
            text = "; ".join(ordinary_pair(rng) for _ in range(rng.randrange(1, 6)))
        elif kind < 0.7:
            pairs = [ordinary_pair(rng) for _ in range(rng.randrange(1, 6))]
            pairs.insert(rng.randrange(len(pairs) + 1), "".join(rng.choices(HEADER_PIECES, k=rng.randrange(6))))
            text = rng.choice([";", "; ", " ;\t"]).join(pairs)
        else:
            text = "".join(rng.choices(HEADER_PIECES, k=rng.randrange(1, 14)))
        values = [text]
        while len(values[-1]) > 8 and rng.random() < 0.15:
            cut = rng.randrange(len(values[-1]))
            values[-1:] = [values[-1][:cut], values[-1][cut:]]
        yield values


def ordinary_pair(rng):
    name = rng.choice(["a", "b", "sid", "__Host-id", "x.y", "n%41", "A", "tok_en", "q" * 20])
    value = "".join(rng.choices("abcXYZ0189-_.~/+:%!*'&#?@$^`|(){}<>=", k=rng.randrange(12)))
    if rng.random() < 0.15:
        value = f'"{value}"'
    if rng.random() < 0.1:
        value += rng.choice(["%20", "%C3%A9", "%zz", "\xe9", " x", ",y"])
    return f"{name}={value}"


# Set-Cookie lines ---------------------------------------------------------------------------------------------------

FIXDATE = "Sun, 06 Nov 1994 08:49:37 GMT"

LINES = [
    "a=b",
    "a=b; Path=/; Domain=example.com; Max-Age=60; Secure; HttpOnly; SameSite=Lax; Partitioned",
    "a=b; path=/; domain=example.com; max-age=60; secure; httponly; samesite=lax; partitioned",
    "a=b; Path=/x; Path=/y",
    "a=b; Path=/x; Path",
    "a=b; Path=/x; Path=",
    "a=b; Path=/x; Path=y",
    "a=b; Domain=one.example; Domain=TWO.example",
    "a=b; Domain=one.example; Domain=",
    "a=b; Domain=one.example; Domain",
    "a=b; Domain=.one.example; Domain=.",
    "a=b; Domain=..one.example",
    "a=b; Domain=\xc9.example",
    "a=b; Max-Age=1; Max-Age=2",
    "a=b; Max-Age=1; Max-Age=x",
    "a=b; Max-Age=1; Max-Age=",
    "a=b; Max-Age=-",
    "a=b; Max-Age=-0",
    "a=b; Max-Age=-5",
    "a=b; Max-Age=+5",
    "a=b; Max-Age=5.0",
    "a=b; Max-Age=0x10",
    "a=b; Max-Age=00060",
    "a=b; Max-Age=34560000",
    "a=b; Max-Age=34560001",
    "a=b; Max-Age=999999999999999999999999999999",
    "a=b; Max-Age=-999999999999999999999999999999",
    "a=b; SameSite=Strict; SameSite=None",
    "a=b; SameSite=Strict; SameSite=whatever",
    "a=b; SameSite=Strict; SameSite",
    "a=b; SameSite=STRICT",
    "a=b; SameSite=none; Secure",
    f"a=b; Expires={FIXDATE}",
    f"a=b; Expires={FIXDATE}; Expires=never",
    f"a=b; Expires=never; Expires={FIXDATE}",
    "a=b; Expires=Sunday, 06-Nov-94 08:49:37 GMT",
    "a=b; Expires=Sun Nov  6 08:49:37 1994",
    "a=b; Expires=1994-11-06T08:49:37Z",
    "a=b; Expires=0",
    "a=b; Expires=06 Nov 1994 08:49:37 +0100",
    "a=b; Expires=Fri, 30 Feb 2024 00:00:00 GMT",
    "a=b; Expires=",
    f"a=b; Expires={FIXDATE}; Max-Age=0",
    "a=b; Secure=0; HttpOnly=false; Partitioned=no",
    "a=b; unknown=1; Priority=High; Version=1; ; ;=; =x",
    "a=b;Secure;HttpOnly",
    "a=b ;\tSecure\t; HttpOnly = x",
    "a=b; Sec ure; Secure\xa0; \xa0HttpOnly; P\xe4th=/",
    " a = b ; Path = /x ",
    "a=b=c; Path=/=",
    "a=; Path=/",
    "a",
    "=a",
    "=",
    "",
    " ",
    ";",
    "; Path=/",
    "=; Path=/",
    "__Host-x",
    "=__Host-x=1",
    "=__SECURE-x",
    "__http-x; Path=/",
    "=__hOsT-hTTp-x",
    "=__Hos-x",
    "a=b\x00c",
    "a=b; Path=/\x01",
    "a\x0bb=c",
    "a=b\nc; Path=/",
    "a=b\r\nSet-Cookie: c=d",
    "a=b\x7f",
    "a=b\tc; Path=/\t/",
    "a=\tb\t; Path=/",
    "\xa0a=b\xa0; Path=\xa0/x",
    "a=\xff\xfe; Path=/\xff",
    "a=\xc3\xa9; Path=/\xc3\xa9; Domain=\xc3\xa9",
    'a="b;c"; Path="/x"',
    'a="b"',
    "a=%41%zz; Path=/%41",
    "a=%41; b=%42",
    "a=" + "x" * 4095,
    "a=" + "x" * 4096,
    "a=b; Path=/" + "x" * 1023,
    "a=b; Path=/" + "x" * 1024,
    "a=b; Path=/ok; Path=/" + "x" * 1024,
    "a=b; Domain=" + "x" * 1024,
    "a=b; Domain=" + "x" * 1025,
    "a=b; Max-Age=" + "0" * 1023 + "7",
    "a=b; Max-Age=" + "0" * 1024 + "7",
    "x" * 4096,
    "x" * 4097,
]

ATTRIBUTES = (
    ["Secure", "HttpOnly", "Partitioned", "secure", "HTTPONLY", "Secure=1", "", " ", "x", "=", "Priority=Low"]
    + [f"Path={path}" for path in ("/", "/x", "x", "", "/a b", "/%41", '"/x"', "/\xe9")]
    + [f"Domain={domain}" for domain in ("example.com", ".Example.COM", "", ".", "a", "..b", "x y", "\xc0.example")]
    + [f"Max-Age={age}" for age in ("0", "60", "-1", "", "x", "1e3", "34560000", "99999999", "007", " 5", "5 ")]
    + [f"SameSite={word}" for word in ("Lax", "strict", "NONE", "", "x")]
    + [f"Expires={date}" for date in (FIXDATE, "never", "", "Sat, 01 Jan 2050 00:00:00 GMT", "1 Jan 2050 1:2:3")]
    + ["Path", "Domain", "Max-Age", "Expires", "SameSite"]
)


def lines(number=4000):
    rng = random.Random(SEED + 1)
    yield from LINES
    for _ in range(number):
        pair = ordinary_pair(rng)
        if rng.random() < 0.15:
            pair = "".join(rng.choices(HEADER_PIECES, k=rng.randrange(8))).replace(";", "")
        parts = [pair, *rng.choices(ATTRIBUTES, k=rng.randrange(6))]
        if rng.random() < 0.1:
            parts.insert(rng.randrange(1, len(parts) + 1), "".join(rng.choices(HEADER_PIECES, k=rng.randrange(6))))
        yield rng.choice(["; ", "; ", ";", " ;\t"]).join(parts)


# Dates --------------------------------------------------------------------------------------------------------------

DATES = [
    FIXDATE,
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "06 Nov 1994 08:49:37",
    "06-Nov-1994 08:49:37 GMT",
    "08:49:37 1994 Nov 06",
    "08:49:37 06 94 Nov",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Wed, 31 Dec 1969 23:59:59 GMT",
    "Mon, 01 Jan 1601 00:00:00 GMT",
    "Sun, 31 Dec 1600 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 29 Feb 2024 12:00:00 GMT",
    "Wed, 29 Feb 2023 12:00:00 GMT",
    "Tue, 29 Feb 2000 12:00:00 GMT",
    "Thu, 29 Feb 1900 12:00:00 GMT",
    "Sun, 31 Apr 2024 12:00:00 GMT",
    "Sun, 00 Jan 2024 12:00:00 GMT",
    "Sun, 32 Jan 2024 12:00:00 GMT",
    "Mon, 01 Jan 2024 23:59:59 GMT",
    "Mon, 01 Jan 2024 24:00:00 GMT",
    "Mon, 01 Jan 2024 23:60:00 GMT",
    "Mon, 01 Jan 2024 23:59:60 GMT",
    "Mon, 01 Jan 2024 1:2:3 GMT",
    "Mon, 01 Jan 2024 001:02:03 GMT",
    "Mon, 01 Jan 2024 01:02:003 GMT",
    "Mon, 01 Jan 2024 01:02:03.5 GMT",
    "Mon, 01 Jan 2024 01:02:03x GMT",
    "Mon, 01 Jan 2024 01:02 GMT",
    "Mon, 01 Jan 24 01:02:03 GMT",
    "Mon, 01 Jan 69 01:02:03 GMT",
    "Mon, 01 Jan 70 01:02:03 GMT",
    "Mon, 01 Jan 99 01:02:03 GMT",
    "Mon, 01 Jan 100 01:02:03 GMT",
    "Mon, 01 Jan 024 01:02:03 GMT",
    "Mon, 01 Jan 02024 01:02:03 GMT",
    "Mon, 01 Jan 2024x 01:02:03 GMT",
    "Mon, 01 Jan 20240 01:02:03 GMT",
    "Mon, 1st January 2024 01:02:03 GMT",
    "Mon, 001 Jan 2024 01:02:03 GMT",
    "Mon, 01 JANUARY 2024 01:02:03 GMT",
    "Mon, 01 janx 2024 01:02:03 GMT",
    "Mon, 01 Ja 2024 01:02:03 GMT",
    "Mon, 01 Jan 2024 01:02:03 +0100",
    "Mon, 01 Jan 2024 01:02:03 PST",
    "Mon 01/Jan/2024@01:02:03",
    "Mon\t01\tJan\t2024\t01:02:03",
    "01:02:03 04:05:06 07 Aug 2009",
    "07 08 Aug 2009 01:02:03",
    "Aug Sep 07 2009 01:02:03",
    "07 Aug 2009 2010 01:02:03",
    "2009 07 Aug 01:02:03",
    "\xe9 07 Aug 2009 01:02:03",
    "07 Aug\xe9 2009\xe9 01:02:03\xe9",
    "07\xe9 Aug 2009 01:02:03",
    "\x0007 Aug 2009 01:02:03",
    "07\x00 Aug 2009 01:02:03",
    "",
    " ",
    "never",
    "0",
    "1994-11-06T08:49:37Z",
    "1994-11-06 08:49:37",
    ":::",
    "1:1:1 1 jan 99",
]

DATE_PIECES = (
    ["Mon", "Mon,", "GMT", "UTC", "+0100", "01", "1", "29", "30", "31", "32", "00", "07"]
    + ["Jan", "feb", "MAR", "Apr", "Mayday", "jun", "Dec", "De", "1969", "1970", "2000", "1900", "1600", "1601", "9999"]
    + ["24", "69", "70", "99", "00", "000", "123", "12345", "01:02:03", "1:2:3", "23:59:59", "24:00:00", "00:60:00"]
    + ["00:00:60", "1:2", "1:2:3:4", "001:2:3", "1:2:3x", "x", "31st", "\xe9", ":", "1x", "22x33"]
)
SEPARATORS = [" ", " ", " ", "-", "/", ",", "  ", "\t", ".", "_", "~", "@", ""]


def dates(number=4000):
    rng = random.Random(SEED + 2)
    yield from DATES
    for _ in range(number):
        kind = rng.random()
        if kind < 0.2:
            # Years from 1901 to 2099, as four digits and as two.
            at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=rng.randrange(-2_177_000_000, 4_100_000_000))
            forms = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%d-%b-%Y %H:%M:%S", "%a %b %d %H:%M:%S %Y"]
            yield at.strftime(rng.choice(forms))
            continue
        if kind < 0.5:
            pieces = [
                rng.choice(["Mon,", "", "Tuesday,", "Mon"]),
                str(rng.randrange(33)).zfill(rng.randrange(1, 3)),
                rng.choice(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]),
                str(rng.choice([rng.randrange(1590, 2110), rng.randrange(100), rng.randrange(10_000)])),
                ":".join(str(rng.randrange(62)).zfill(rng.randrange(1, 3)) for _ in range(3)),
                rng.choice(["GMT", "", "UTC"]),
            ]
            if rng.random() < 0.3:
                rng.shuffle(pieces)
        else:
            pieces = rng.choices(DATE_PIECES, k=rng.randrange(1, 9))
        text = pieces[0]
        for piece in pieces[1:]:
            text += rng.choice(SEPARATORS) + piece
        yield text


# Cookies to build ---------------------------------------------------------------------------------------------------

NAMES = (
    ["id", "a", "A!#$%&'*+-.^_`|~9", "__Host-id", "__host-id", "__Secure-x", "__SECURE-x", "__Http-x", "__Host-Http-x"]
    + ["__hOst-hTTp-x", "__Hostid", "", "a b", "a=b", "a;b", "a\tb", 'a"b', "a,b", "a[0]", "a@b", "\xe9", "a\x00", "a\x7f"]
    + ["x" * 4096, "x" * 4097]
)
VALUES = (
    ["", "v", "a=b", "abc/+-_~", '"quoted"', '""', '"', 'a"b', '"a"b"', '"a b"', "a b", "a,b", "a;b", "a\\b", "a\nb"]
    + ["x; Domain=evil.example", "\x00", "\x7f", "\xe9", "\u20ac", "%41", "100%", "x" * 4094, "x" * 4095, "a\tb", "+"]
)
PATHS = (
    ["/", "/x", "/x/y", "", "x", "//", "/a b", "/a ", "/;", "/x; Domain=y", "/\n", "/\xe9", "/%20", "/=", "/,", "/<b>"]
    + ["/" + "x" * 1023, "/" + "x" * 1024]
)
DOMAINS = (
    ["example.com", ".example.com", "Example.COM", "a-b.example", "", ".", "com", "..example.com", "example.com."]
    + ["1.2.3.4", "0x7f.1", "a.0xg", "a.123", "1.example", "-a.example", "a-.example", "a..example", "a_b.example"]
    + ["[::1]", "::1", "\xe9.example", "xn--9ca.example", "a b.example", "x;y.example", "x.example:80", "\u212aey.example"]
    + ["x" * 63 + ".example", "x" * 64 + ".example", ".".join(["a" * 49] * 5) + ".com", ".".join(["a" * 49] * 5) + ".info"]
)
AGES = [1, 60, 34_560_000, 34_560_001, 0, -1, 2**31, 2**53]


def wanted(number=4000):
    rng = random.Random(SEED + 3)
    for name in NAMES:
        yield {"name": name, "value": "v"}
    for value in VALUES:
        yield {"name": "id", "value": value}
    for path in PATHS:
        yield {"name": "id", "value": "v", "path": path}
        yield {"name": "id", "value": "v", "path": path, "prefix": "host"}
    for domain in DOMAINS:
        yield {"name": "id", "value": "v", "domain": domain}
    for age in AGES:
        yield {"name": "id", "value": "v", "max_age_s": age}
        yield {"name": "id", "value": "", "max_age_s": age}
    for _ in range(number):
        pick = lambda options, usual: usual if rng.random() < 0.7 else rng.choice(options)
        cookie = {"name": pick(NAMES[:13], "id"), "value": pick(VALUES, "v")}
        members = {
            "path": pick(PATHS, "/") if rng.random() < 0.8 else None,
            "domain": pick(DOMAINS, "example.com"),
            "secure": rng.random() < 0.7,
            "http_only": rng.random() < 0.7,
            "same_site": rng.choice(["Strict", "Lax", "None", "none", "LAX", None]),
            "partitioned": rng.random() < 0.4,
            "max_age_s": pick(AGES, 60),
            "prefix": rng.choice(["host", "secure", "http", "host-http"]),
        }
        for member, value in members.items():
            if rng.random() < 0.35:
                cookie[member] = value
        yield cookie
