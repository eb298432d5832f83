"""Tokens for the peers: good ones, and mutants of them from a generator with a fixed seed.

A header and a claims set are lists of members, each a pair of JSON texts, so that a mutant may hold any spelling. Edits
change members; a style writes them. Most mutants are signed after the edit: what is refused there is refused for its
form.
"""

import json
import random

from cryptography.hazmat.primitives.asymmetric import utils

from jwt_reference import decoded, encoded, sign

SEED = 20_261_121
NOW = 1_750_000_000
ISS, AUD = "https://issuer.example", "https://api.example"
TYP = "at+jwt"

# Good tokens ---------------------------------------------------------------------------------------------------------

CLAIMS = [
    {"iss": ISS, "aud": AUD, "exp": NOW + 300},
    {"iss": ISS, "sub": "u1", "aud": AUD, "exp": NOW + 300, "iat": NOW - 10, "jti": "0f8c", "role": "admin"},
    {"iss": ISS, "aud": [AUD, "other"], "exp": NOW + 1, "nbf": NOW, "iat": NOW, "scope": ["a", "b"], "n": -1.5e-3},
    {"iss": ISS, "aud": [AUD], "exp": NOW + 300, "name": "Zo\u00eb \u65e5\U0001f600", "": None, "a": {"b": [{"c": {}}]}},
    {"iss": ISS, "sub": "", "aud": AUD, "exp": 4_102_444_800, "iat": 1, "nbf": 1, "yes": True, "q": "\"\\\0\u001f/"},
]


def headers(key):
    yield {"alg": key["alg"], "typ": TYP}
    yield {"typ": TYP, "alg": key["alg"]}
    if "kid" in key:
        yield {"alg": key["alg"], "typ": TYP, "kid": key["kid"]}
    if key["alg"] == "EdDSA":
        # RFC 9864 gives it a second name.
        yield {"alg": "Ed25519", "typ": TYP}


def members(value):
    return [(json.dumps(name), json.dumps(member, ensure_ascii=False)) for name, member in value.items()]


def compact(header, payload, key, signature=None):
    """The token of two octet strings."""
    signing_input = f"{encoded(header)}.{encoded(payload)}"
    return f"{signing_input}.{encoded(sign(key, signing_input.encode()) if signature is None else signature)}"


def text_of(pairs):
    return ("{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}").encode()


def good(key):
    for header in headers(key):
        for claims in CLAIMS:
            yield compact(text_of(members(header)), text_of(members(claims)), key)


# Values of members ---------------------------------------------------------------------------------------------------

STRINGS = [
    *['""', '" "', '"x"', '"\\u0000"', '"\\ud83d\\ude00"', '"\\/"', '"é"', '"\\n"', '"' + "x" * 300 + '"'],
    *['"../../etc/passwd"', '"\' OR 1=1 --"', '"https://evil.example"'],
]
OTHERS = [
    *["null", "true", "false", "0", "1", "-0", "-1", "1.5", "1e3", "1E+3", "1e-3", "18446744073709551616", "1e400"],
    *["[]", "{}", "[null]", '["x"]', '[""]', '{"a":1}', '[["x"]]', '{"a":{"a":{"a":{}}}}'],
]
BROKEN = [
    *["", "nul", "True", "undefined", "NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5", "1e", "0x10"],
    *["1_000", "--1"],
    *["'x'", '"x', 'x"', '"\\x41"', '"\\u12"', '"\\u12g4"', '"a\nb"', '"\t"', '"\x00"', "[1,]", "[,1]", "{,}"],
    *['{"a":1,}'],
    *['{"a"}', '{"a":}', "{a:1}", "[1 2]", "1 2", "//x", "/*x*/1", "[", "}", "]", '"\x7f"', '"\\ud800"'],
    *['"\\udc00\\ud800"'],
]


NO_UTF_8 = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe9"]
STRANGERS = [" ", "\n", "\r\n", "\t", "=", "==", ".", "+", "/", "\0", "\u00e9", "~", "%", ","]


def nested(depth):
    return "[" * depth + "]" * depth


TIMES = [
    *["{now-6}", "{now-6}.5", "{now-5}", "{now-5}.5", "{now+5}", "{now+5}.5", "{now+6}", "{now}", "{now}.0"],
    *["{now}.5", "{now}.000000001", "{now}e0", "{now}E0", "{soon}", "{soon}.0", "{soon}.999", "{past}"],
    *["{past}.5", "{past}.999999999", '"{soon}"', "-1", "-0", "-0.0", "-0.5", "0", "0.0", "1e300", "1e400"],
    *["1e10", "1.75e9"],
    *["1750000001e0", "17500000010e-1", "0.01750000001e11", "9223372036854775807", "9223372036854775808"],
    *["18446744073709551615", "18446744073709551616", "9223372036854775", "9223372036854776", "253402300800"],
    *["1750000000.0000000000000000000000001", "9" * 30, "1" + "0" * 310, "null", "true", "false", '""', "[]"],
    *["{}", "[{soon}]"],
    *["4102444800", "{soon}00", "1e9", "2e9", "20e8", "1.7500000005e9", "1.75e+9", "1.75E09", "01750000001"],
    *["{soon}.", "+{soon}"],
]

CLAIM_EDITS = {
    "iss": [f'"{ISS}"', f'"{ISS}/"', f'"{ISS.upper()}"', f'["{ISS}"]', '"https:\\/\\/issuer.example"']
    + ['"other"', f'"{ISS} "'],
    "aud": [f'"{AUD}"', f'["{AUD}"]', f'["x","{AUD}"]', f'["{AUD}",1]', f'["{AUD}",null]', f'[["{AUD}"]]']
    + [f'{{"{AUD}":1}}']
    + ['"x"', '["x"]', "[]", f'"{AUD}/"', f'["{AUD}","{AUD}"]', '"https://api\\u002eexample"', f'"{AUD} x"']
    + [f'"{AUD.upper()}"'],
    "sub": ['"u2"', "1", "null"],
    "jti": ['"x"', "7", "null"],
    "exp": TIMES,
    "nbf": TIMES,
    "iat": TIMES,
}

HEADER_EDITS = {
    "typ": ['"at+jwt"', '"AT+JWT"', '"At+Jwt"', '"application/at+jwt"', '"APPLICATION/at+JWT"', '"JWT"']
    + ['"jwt"', '"dpop+jwt"']
    + ['"application/jwt"', '"JOSE"', '"at+jwt "', '"/at+jwt"', '"text/at+jwt"', '"at+\\u006awt"']
    + ['"application/application/at+jwt"']
    + ['"at+jwt;x=1"', '"a\u212a+jwt"', '"at+\u0458wt"'],
    "alg": ['"none"', '"NoNe"', '"None"', '"hs256"', '"HS256 "', '"HS256\\u0000"', '"HS256"', '"HS384"']
    + ['"HS512"', '"ES256"']
    + ['"ES384"', '"ES512"', '"EdDSA"', '"Ed25519"', '"Ed448"', '"RS256"', '"RS512"', '"PS256"', '"PS384"']
    + ['"ES256K"', '"dir"']
    + ['"\\u0048S256"', '"E\\u0053256"', '"Ed\\u0044SA"', '["HS256"]', '["none"]'],
    "kid": ['"k"', '"k1"', '"K1"', '"k1 "', '"k\\u0031"', '"../k1"', '"' + "k" * 256 + '"']
    + ['"' + "k" * 257 + '"', '"é"'],
    "crit": ["[]", '["exp"]', '["b64"]', '["alg"]', '["x"]', '["x","x"]', '"b64"', "null", "{}", "[1]", '[""]']
    + ['["kid"]', '["typ"]'],
    "b64": ["true", "false", "null", '"true"', "0"],
    "zip": ['"DEF"', '"def"', "null", '""'],
    "enc": ['"A256GCM"', "null"],
    "cty": ['"JWT"', '"jwt"', '"application/jwt"', '"JSON"', '"text/plain"', '"at+jwt"', "null", "1", '"J\\u0057T"'],
    "jku": ['"https://evil.example/jwks.json"', '"file:///x"', "1"],
    "x5u": ['"https://evil.example/x.pem"', "null"],
    "jwk": ['{"kty":"oct","k":"AAAA"}', '{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}', "null", '"x"'],
    "x5c": ['["MIIB"]', '"MIIB"', "[]"],
    "x5t": ['"AAAA"', "1"],
    "x5t#S256": ['"AAAA"'],
    "nonce": ['"x"', "1"],
    "url": ['"https://api.example/x"'],
    "exp": ["1"],
    "p2c": ["2147483647"],
    "apu": ['"AA"'],
    "epk": ["{}"],
    "__proto__": ['{"alg":"none"}', "null"],
    "constructor": ["1"],
    "": ['"x"'],
}

CLAIM_NAMES = ["x", "role", "scope", "", "__proto__", "constructor", "\u00e9", "\\u0000", "EXP", "Exp", "iss ", "nonce"]
CLAIM_NAMES += ["auth_time", "client_id"]


def singles(key):
    """Each value of the tables below alone in an ordinary token."""
    header, claims = members(next(headers(key))), members(CLAIMS[0])
    for edits, pairs in [(HEADER_EDITS, header), (CLAIM_EDITS, claims)]:
        for name, values in edits.items():
            others = [pair for pair in pairs if pair[0] != f'"{name}"']
            for value in [*values, *OTHERS, *BROKEN, *STRINGS, nested(15), nested(16)]:
                octets = text_of([*others, (f'"{name}"', at_now(value))])
                parts = (octets, text_of(claims)) if edits is HEADER_EDITS else (text_of(header), octets)
                yield compact(*parts, key)


def times(key):
    """Each number form in each claim that is a time."""
    for name in ("exp", "nbf", "iat"):
        others = [pair for pair in members(CLAIMS[0]) if pair[0] != f'"{name}"']
        for value in TIMES:
            octets = text_of([*others, (f'"{name}"', at_now(value))])
            yield compact(text_of(members(next(headers(key)))), octets, key)


def at_now(value):
    words = {"past": -1, "now": 0, "soon": 1, "now-6": -6, "now-5": -5, "now+5": 5, "now+6": 6}
    for word, seconds in words.items():
        value = value.replace(f"{{{word}}}", str(NOW + seconds))
    return value


def policy(typ=TYP, leeway=0):
    """What a verifier is told; no type stands for tokens without one."""
    return {"iss": ISS, "aud": AUD, "typ": typ, "now": NOW, "leeway": leeway}


class Mutants:
    """`of(key, seed)` gives pairs of a token and a policy."""

    def __init__(self, number):
        self.number = number

    def of(self, key, seed):
        self.rng, self.key = random.Random(f"{SEED} {seed}"), key
        self.tokens = list(good(key))
        acts = [(self.header_edits, 26), (self.claim_edits, 34), (self.forms, 14), (self.texts, 12), (self.octets, 10)]
        acts += [(self.signatures, 4)]
        yield from ((token, policy()) for token in self.tokens)
        if key["alg"] == "HS256":
            yield from ((token, policy()) for token in singles(key))
            yield from ((token, policy(leeway=5)) for token in times(key))
        weights = [weight for _, weight in acts]
        for _ in range(self.number):
            (act,) = self.rng.choices([act for act, _ in acts], weights)
            yield act(), policy(self.rng.choice([TYP, TYP, TYP, None]), self.rng.choice([0, 0, 5]))

    # Members ---------------------------------------------------------------------------------------------------------

    def header(self):
        return members(self.rng.choice(list(headers(self.key))))

    def claims(self):
        return members(self.rng.choice(CLAIMS))

    def header_edits(self):
        pairs = self.header()
        for _ in range(self.rng.choice([1, 1, 1, 2, 3])):
            pairs = self.edited(pairs, HEADER_EDITS, list(HEADER_EDITS))
        claims = text_of(self.claims())
        return compact(self.written(pairs), claims, self.key)

    def claim_edits(self):
        pairs = self.claims()
        for _ in range(self.rng.choice([1, 1, 1, 2, 3])):
            pairs = self.edited(pairs, CLAIM_EDITS, [*CLAIM_EDITS, *CLAIM_EDITS, *CLAIM_NAMES])
        header = text_of(self.header())
        return compact(header, self.written(pairs), self.key)

    def edited(self, pairs, edits, names):
        rng, pairs = self.rng, list(pairs)
        kind = rng.random()
        if kind < 0.62:
            name = rng.choice(names)
            chosen = rng.random()
            if name in edits and chosen < 0.8:
                value = rng.choice(edits[name])
            elif chosen < 0.9:
                value = rng.choice(STRINGS + OTHERS + [nested(depth) for depth in (2, 14, 15, 16, 17, 100)])
            else:
                value = rng.choice(BROKEN)
            value = at_now(value)
            pairs = [pair for pair in pairs if pair[0] != f'"{name}"']
            pairs.insert(rng.randrange(len(pairs) + 1), (f'"{name}"', value))
        elif kind < 0.70 and pairs:
            pairs.pop(rng.randrange(len(pairs)))
        elif kind < 0.80 and pairs:
            # The same name twice, or twice in one value at some depth.
            name, value = rng.choice(pairs)
            other = rng.choice([value, "1", '"x"', "null"])
            if rng.random() < 0.3:
                pairs.append(('"dup"', rng.choice(['{"a":1,"a":1}', '[{"a":1,"\\u0061":2}]', '{"a":{"b":1,"b":2}}'])))
            else:
                name = rng.choice([name, self.escaped(name)])
                pairs.insert(rng.randrange(len(pairs) + 1), (name, other))
        elif kind < 0.88 and pairs:
            place = rng.randrange(len(pairs))
            name, value = pairs[place]
            pairs[place] = self.escaped(name), self.escaped(value) if value.startswith('"') else value
        elif kind < 0.93 and pairs:
            place = rng.randrange(len(pairs))
            name, value = pairs[place]
            names = [name.upper(), name.title(), name[:-1] + ' "', '"\\ufeff' + name[1:], name[1:-1]]
            pairs[place] = rng.choice(names), value
        elif kind < 0.96:
            rng.shuffle(pairs)
        else:
            many = rng.choice([3, 20, 29, 30, 31, 32, 40])
            pairs += [(f'"x{number}"', "0") for number in range(many)]
        return pairs

    def escaped(self, text):
        """The same string with some characters as escapes."""
        inner = text[1:-1]
        if "\\" in inner or not inner.isascii():
            return text
        spell = lambda c: self.rng.choice([c, f"\\u{ord(c):04x}", f"\\u{ord(c):04X}"])
        return '"' + "".join(map(spell, inner)) + '"'

    def written(self, pairs):
        """The object's octets in some style; one in five not as JSON wants it."""
        rng = self.rng
        space = lambda: "".join(rng.choices([" ", "\t", "\n", "\r"], k=rng.randrange(3))) if loose else ""
        loose = rng.random() < 0.25
        text = ",".join(f"{space()}{name}{space()}:{space()}{value}{space()}" for name, value in pairs)
        text = f"{space()}{{{text}{space()}}}{space()}"
        if rng.random() < 0.85:
            return text.encode()
        return self.ill_formed(text, pairs)

    def ill_formed(self, text, pairs):
        rng = self.rng
        inner = text.strip()[1:-1]
        return rng.choice(
            [
                text.encode("utf-16"),
                text.encode("utf-16-le"),
                text.encode("utf-32-be"),
                b"\xef\xbb\xbf" + text.encode(),
                text.encode() + b"\x00",
                text.encode() + rng.choice([b"x", b"{}", b",", b"}", b" \x0b", b"\xc2\xa0", b"\x00\x00", b"null"]),
                rng.choice([b"\x0b", b"\x0c", b"\xc2\xa0", b"\xe2\x80\xa8", b"\x00"]) + text.encode(),
                f"{{{inner},}}".encode(),
                f"{{,{inner}}}".encode(),
                f"{{{inner},,}}".encode(),
                f"[{text}]".encode(),
                f"[{inner}]".encode(),
                json.dumps(text).encode(),
                f"{{{inner}".encode(),
                f"{{/**/{inner}}}".encode(),
                text.replace('"', "'").encode(),
                text.replace(":", "=", 1).encode(),
                text.replace(",", ";", 1).encode(),
                text.encode() + b"\n//",
                text.encode("latin-1", errors="replace").replace(b"u1", b"\xff\xfe"),
                b'{"x":"' + rng.choice(NO_UTF_8) + f'",{inner}}}'.encode(),
                rng.choice([b"", b"{}", b"null", b"[]", b"0", b'""', b"true", b" ", b"{", b"\x00", b"\xff"]),
            ]
        )

    def forms(self):
        """Whole headers and payloads in odd forms, both edited at once, oversized ones, and other octets as payload."""
        rng = self.rng
        header, claims = self.header(), self.claims()
        if rng.random() < 0.5:
            header = self.edited(header, HEADER_EDITS, list(HEADER_EDITS))
            claims = self.edited(claims, CLAIM_EDITS, [*CLAIM_EDITS, *CLAIM_NAMES])
            return compact(self.written(header), self.written(claims), self.key)
        kind = rng.randrange(4)
        if kind == 0:
            room = rng.choice([100, 900, 940, 950, 960, 970, 980, 990, 1000, 1024, 5000])
            header.append(('"x"', '"' + "x" * room + '"'))
        elif kind == 1:
            room = rng.choice([100, 5000, 5600, 5700, 5800, 5900, 5950, 6000, 6050, 6100, 7000])
            claims.append(('"x"', '"' + "x" * room + '"'))
        elif kind == 2:
            depth = rng.choice([12, 13, 14, 15, 16, 17, 64, 130, 300])
            value = rng.choice([nested(depth), '{"a":' * depth + "1" + "}" * depth])
            rng.choice([header, claims]).append(('"deep"', value))
        else:
            return compact(text_of(header), self.ill_formed(text_of(claims).decode(), claims), self.key)
        return compact(text_of(header), text_of(claims), self.key)

    # Texts -----------------------------------------------------------------------------------------------------------

    def texts(self):
        """The token's characters, without signing again."""
        rng, token = self.rng, self.rng.choice(self.tokens)
        place = rng.randrange(len(token) + 1)
        header, payload, signature = token.split(".")
        other = rng.choice(self.tokens).split(".")
        kind = rng.randrange(9)
        if kind == 0:
            at = rng.randrange(len(token))
            return token[:at] + chr(ord(token[at]) ^ 1 << rng.randrange(8)) + token[at + 1 :]
        if kind == 1:
            return token[:place] + rng.choice(STRANGERS) + token[place:]
        if kind == 2:
            return rng.choice(["", "\ufeff", "Bearer ", *STRANGERS]) + token + rng.choice(["A", "", *STRANGERS])
        if kind == 3:
            parts = [header, payload, signature]
            part = rng.randrange(3)
            parts[part] += rng.choice(["=", "==", "===", "A", "AA", "AAAA", " ", "\n"])
            return ".".join(parts)
        if kind == 4:
            return spare_bits(rng, [header, payload, signature])
        if kind == 5:
            pool = [header, payload, signature, *other, "", "e30", "bnVsbA"]
            return ".".join(rng.choices(pool, k=rng.choice([1, 2, 3, 3, 3, 3, 4, 5])))
        if kind == 6:
            cases = [token.lower(), token.upper(), token.swapcase()]
            return rng.choice([token[:place], token[place:], token + token, *cases])
        if kind == 7:
            document = {"payload": payload, "protected": header, "signature": signature}
            general = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
            return json.dumps(rng.choice([document, general, [token], token]))
        if rng.random() < 0.5:
            return token.replace("-", "+").replace("_", "/")
        return token.replace(".", rng.choice(["..", "-", ". "]), 1)

    def octets(self):
        """A bit or an octet of a decoded part, or parts of two tokens, without signing again."""
        rng = self.rng
        parts = rng.choice(self.tokens).split(".")
        if rng.random() < 0.3:
            parts[rng.randrange(3)] = rng.choice(self.tokens).split(".")[rng.randrange(3)]
            return ".".join(parts)
        part = rng.randrange(3)
        raw = bytearray(decoded(parts[part]))
        at = rng.randrange(len(raw))
        kind = rng.randrange(4)
        if kind < 2:
            raw[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del raw[at]
        else:
            raw.insert(at, rng.randrange(256))
        parts[part] = encoded(bytes(raw))
        return ".".join(parts)

    def signatures(self):
        """Signatures of other forms, and of `none`."""
        rng = self.rng
        header, payload, signature = rng.choice(self.tokens).split(".")
        raw = decoded(signature)
        half = len(raw) // 2
        made = rng.choice(
            [b"", raw[:-1], raw + b"\0", b"\0" + raw, raw * 2, bytes(len(raw)), b"\xff" * len(raw), raw[:half], raw[:16]]
            + [raw[half:] + raw[:half], raw[:half] + bytes(half), bytes(half) + raw[half:]]
            + [self.der(raw), self.negated(raw)]
        )
        if rng.random() < 0.2:
            header = encoded(b'{"alg":"none","typ":"at+jwt"}')
        return f"{header}.{payload}.{encoded(made)}"

    def der(self, raw):
        """The pair as ASN.1, as other formats have ECDSA signatures."""
        half = len(raw) // 2
        return utils.encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def negated(self, raw):
        """The other ECDSA signature of the same message: r, n - s. For every other algorithm it is just wrong."""
        orders = {
            "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
            "ES384": int("FF" * 24 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
        }
        half = len(raw) // 2
        order = orders.get(self.key["alg"], 1 << 8 * half)
        s = int.from_bytes(raw[half:], "big")
        return raw[:half] + ((order - s) % (1 << 8 * half)).to_bytes(half, "big")


def spare_bits(rng, parts):
    """A last character that stands for the same octets in another spelling; the token itself where there is none."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    choices = [index for index, part in enumerate(parts) if len(part) % 4]
    if choices:
        index = rng.choice(choices)
        last = alphabet.index(parts[index][-1])
        parts[index] = parts[index][:-1] + alphabet[last ^ 1]
    return ".".join(parts)
