"""Compares CSRF decisions: `check_csrf.py DRIVER NODE`. Prints what was compared, as JSON.

The rules are written a second time here, and a third time in `csrf.cjs`, from the protocol's text. The driver must agree with
both on every combination of the fields that count.
"""

import itertools
import json
import os
import re
import sys

from driver import Driver

HERE = os.path.dirname(os.path.abspath(__file__))

METHODS = ["GET", "OPTIONS", "POST", "CONNECT", "get"]
SITES = [[], ["same-origin"], ["same-site"], ["cross-site"], ["none"], ["NONE"], [""], ["same-origin", "same-origin"]]
ORIGINS = [
    [],
    ["https://app.example"],
    ["https://app.example:8443"],
    ["http://app.example"],
    ["https://admin.example"],
    ["https://APP.example"],
    ["null"],
    ["https://app.example https://app.example"],
    ["https://app.example", "https://app.example"],
    ["https://"],
]
AUTHORIZATIONS = [[], ["Bearer junk"], ["DPoP a.b=="], ["Basic dTpw"], ["Bearer a", "Bearer a"]]
COOKIES = [[], ["a=1; id=2"], ["a=1", "b=2;\t__Host-id = x"], ["__Host-id"]]
OPENINGS = [[], [["Upgrade", "websocket"]], [["upgrade", "h2c, WebSocket/13"]], [["Upgrade", "websockets"]], [[":protocol", "x"]]]
SETTINGS = [
    {"public": None, "trusted": [], "carriers": []},
    {"public": None, "trusted": ["https://admin.example"], "carriers": ["__Host-id"]},
    {"public": "https://app.example", "trusted": ["https://admin.example"], "carriers": ["__Host-jwt", "__Host-id"]},
]


def decide(settings, request):
    """Whether the request may go on."""

    def field(name):
        return [value.strip(" \t") for key, value in request["headers"] if key.lower() == name]

    upgrades = [item.strip(" \t") for line in field("upgrade") for item in line.split(",")]
    opens = any(re.fullmatch(r"websocket(/.*)?", item, re.I) for item in upgrades) or bool(field(":protocol"))
    if request["method"] in ("GET", "HEAD", "OPTIONS") and not opens:
        return True
    pairs = [item.split("=", 1) for line in field("cookie") for item in line.split(";") if "=" in item]
    carrier = any(name.strip(" \t") in settings["carriers"] for name, _ in pairs)
    authorization, origin, site = field("authorization"), field("origin"), field("sec-fetch-site")
    token = len(authorization) == 1 and re.fullmatch(r"(bearer|dpop) +[\w.~+/-]+=*", authorization[0], re.I | re.A)
    if token and not carrier:
        return True
    if len(origin) == 1 and origin[0] in settings["trusted"]:
        return True
    if settings["public"]:
        ours = origin == [settings["public"]]
    else:
        host = request["host"]
        ours = host is not None and origin in ([f"https://{host}"], [f"http://{host}"])
    if site:
        return site == ["same-origin"] or (site == ["none"] and (not origin or ours))
    if origin:
        return ours
    return not carrier


def requests():
    for method, site, origin, authorization, cookies, opening in itertools.product(
        METHODS, SITES, ORIGINS, AUTHORIZATIONS, COOKIES, OPENINGS
    ):
        headers = [["X-Forwarded-Host", "evil.example"], *opening]
        headers += [["Sec-Fetch-Site", value] for value in site]
        headers += [["Origin", value] for value in origin]
        headers += [["Authorization", value] for value in authorization]
        headers += [["Cookie", value] for value in cookies]
        yield {"method": method, "path": "/a", "host": "app.example", "headers": headers}


def main():
    driver, node = sys.argv[1:]
    ours = Driver(driver)
    javascript = Driver(node, os.path.join(HERE, "..", "node", "csrf.cjs"))
    counts = {"decided, Python": 0, "decided, Node": 0, "allowed": 0, "denied": 0}
    lines = list(requests())
    for settings in SETTINGS:
        options = ["--public-origin", settings["public"]] if settings["public"] else []
        options += [word for origin in settings["trusted"] for word in ("--trusted-origin", origin)]
        options += [word for name in settings["carriers"] for word in ("--carrier-cookie", name)]
        answers = ours("csrf-decide", options, lines)
        theirs = javascript("csrf-decide", [json.dumps(settings)], lines)
        for line, answer, other in zip(lines, answers, theirs, strict=True):
            expected = decide(settings, line)
            if not answer["ok"] or answer["allow"] != expected:
                sys.exit(f"Python says {expected}, the driver {answer}\n{settings}\n{line}")
            if other["allow"] != expected:
                sys.exit(f"Node says {other}, Python {expected}\n{settings}\n{line}")
            counts["decided, Python"] += 1
            counts["decided, Node"] += 1
            counts["allowed" if expected else "denied"] += 1
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
