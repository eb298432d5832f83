"""Checks sealed values in both directions: `check_sealed.py DRIVER VECTORS`. Prints what was checked, as JSON.

A fixed seed makes every run the same but for the nonces that the driver draws.
"""

import itertools
import json
import os
import random
import sys
import tempfile

from driver import Driver, b64, unb64
from sealed import (
    DEFAULT_MAX_TTL_S,
    ENCRYPTED,
    GREATEST_MAX_TTL_S,
    SIGNED,
    SKEW_MS,
    Key,
    Refused,
    Ring,
    Sealer,
    base64url,
    padding_to,
)

NOW = 1_750_000_000_123
NAMES = ["__Host-id", "id", "__Host-Http-t", "a" * 200, "!#$%&'*+-.^_`|~"]
PURPOSES = ["login", "p", "x" * 255, "grüße", "a;b"]
counts = {}


def main():
    driver, vectors = Driver(sys.argv[1]), sys.argv[2]
    rng = random.Random(0x0C10AC)
    with tempfile.TemporaryDirectory() as folder:
        check = Check(driver, folder, rng)
        check.published_vectors()
        check.vector_file(vectors)
        check.rings()
        for number in range(60):
            check.both_ways(number)
        for number in range(16):
            check.times(number)
            check.mutations(number)
        check.crafted()
        check.sizes()
        check.seal_refusals()
    print(json.dumps(counts))


def agree(what, ours, theirs, context):
    """Counts one comparison and stops the run at the first that differs."""
    counts[what] = counts.get(what, 0) + 1
    if ours != theirs:
        sys.exit(f"{what}: the driver says {ours}, Python says {theirs}\n{context}")


class Check:
    def __init__(self, driver, folder, rng):
        self.driver, self.rng = driver, rng
        self.ring_path = os.path.join(folder, "ring.json")

    # The driver ---------------------------------------------------------------------------------------------------

    def options(self, ring_text, name, purpose, mode, now, **more):
        with open(self.ring_path, "w", encoding="utf-8") as file:
            file.write(ring_text)
        options = ["--ring", self.ring_path, "--name", name, "--purpose", purpose, "--mode", mode, "--now", now]
        for option, value in more.items():
            if value is not None:
                options += ["--" + option.replace("_", "-"), value]
        return options

    def opens_alike(self, what, ring_text, sealer, now, values, cutoff=None):
        """Opens each value with both implementations; returns the outcomes."""
        options = self.options(
            ring_text,
            sealer.name.decode(),
            sealer.purpose.decode(),
            sealer.mode,
            now,
            cutoff=cutoff,
            max_ttl=sealer.max_ttl_s if sealer.max_ttl_s != DEFAULT_MAX_TTL_S else None,
        )
        answers = self.driver("open", options, [{"value": value} for value in values])
        outcomes = []
        for value, answer in zip(values, answers):
            try:
                payload, issued_at, expires_at, needs_reseal = sealer.open(value, now, cutoff)
                theirs = {
                    "ok": True,
                    "payload_b64": b64(payload),
                    "issued_at_ms": issued_at,
                    "expires_at_ms": expires_at,
                    "needs_reseal": needs_reseal,
                }
            except Refused as refused:
                theirs = {"ok": False, "error": refused.kind}
            agree(what, answer, theirs, f"{options} {value!r} ring {ring_text}")
            outcomes.append(theirs.get("error", "ok"))
        return outcomes

    def random_ring(self, cutoff=None):
        """A ring with one active key and some in other states; its text and the secrets by state."""
        rng = self.rng
        states = ["active"] + rng.choices(["announced", "retiring", "revoked"], k=rng.randrange(5))
        rng.shuffle(states)
        keys = [(state, Key(rng.randbytes(rng.choice([32, 33, 48, 64, 65, 256])))) for state in states]
        entries = []
        for state, key in keys:
            entry = {"state": state}
            if state == "revoked" or rng.random() < 0.5:
                entry["id"] = key.id.hex()
            if state != "revoked":
                entry["key"] = b64(key.secret)
            entries.append(entry)
        config = {"keys": entries}
        if cutoff is not None or "revoked" in states:
            config["cutoff_ms"] = cutoff or NOW - 40 * 86_400_000
        return json.dumps(config), keys

    def random_sealer(self, ring, mode, max_ttl_s=DEFAULT_MAX_TTL_S):
        return Sealer(ring, self.rng.choice(NAMES), self.rng.choice(PURPOSES), mode, max_ttl_s)

    # The checks ---------------------------------------------------------------------------------------------------

    def published_vectors(self):
        """The two values of the format's own description, byte for byte."""
        key = Key(bytes(range(32)))
        ring = Ring(json.dumps({"keys": [{"state": "active", "key": b64(key.secret)}]}))
        nonce, payload = bytes(range(0xA0, 0xAC)), b'{"sub":"u1"}'
        agree("published", key.id.hex(), "324f1d7c", "key id")
        for mode, sub_key, value in [
            (
                SIGNED,
                "ceffa2e6923db79fb9c7c95e0cd57ac484267dfd000e1d23376623737cd2fea4",
                "ATJPHXwBl3Qg3HsAAKjAeyJzdWIiOiJ1MSJ9I9liF5xOusyrFJnlX7Sib29k9ZABMqhK9Tg3kDg54E8",
            ),
            (
                ENCRYPTED,
                "34d1133e7b84aa0901b13507a7c4abfe35a40350a2c464d05b22764136660574",
                "AjJPHXygoaKjpKWmp6ipqqvuKQGidvHYklAO382O8_RdOw3k5S8u5exWUKyeN98NxidGBQUeUPU",
            ),
        ]:
            sealer = Sealer(ring, "__Host-id", "login", mode)
            agree("published", sub_key, sealer.sub_key(key).hex(), mode)
            agree("published", value, sealer.seal(payload, NOW, 43_200, nonce), mode)
            agree("published", (payload, NOW, NOW + 43_200_000, False), sealer.open(value, NOW), mode)

    def rings(self):
        """Which rings are refused, and that every line then says `key`."""
        rng = self.rng
        good, other, third = (rng.randbytes(32) for _ in range(3))

        def entry(state, secret, **more):
            return {"state": state, "key": b64(secret), **more}

        def revoked(secret):
            return {"state": "revoked", "id": Key(secret).id.hex()}

        active = entry("active", good)
        cases = [
            {"keys": [active]},
            {"keys": [entry("active", good, id=Key(good).id.hex())]},
            {"keys": [entry("active", good, id=Key(other).id.hex())]},
            {"keys": [entry("active", good, id="0")]},
            {"keys": []},
            {"keys": [entry("announced", good)]},
            {"keys": [entry("retiring", good)]},
            {"keys": [revoked(good)], "cutoff_ms": 1},
            {"keys": [active, entry("active", other)]},
            {"keys": [active, entry("announced", other), entry("retiring", third)]},
            {"keys": [active, entry("announced", good)]},
            {"keys": [active, revoked(good)], "cutoff_ms": 1},
            {"keys": [active, revoked(other)]},
            {"keys": [active, revoked(other)], "cutoff_ms": 1},
            {"keys": [active, revoked(other), revoked(other)], "cutoff_ms": 1},
            {"keys": [active, revoked(other), revoked(third)], "cutoff_ms": 1},
            {"keys": [active, {"state": "revoked"}], "cutoff_ms": 1},
            {"keys": [active, {**revoked(other), "key": b64(other)}], "cutoff_ms": 1},
            {"keys": [active, entry("idle", other)]},
            {"keys": [active, {"key": b64(other)}]},
            {"keys": [active, {"state": "announced"}]},
            {"keys": [active], "cutoff_ms": NOW},
            {},
        ]
        cases += [{"keys": [entry("active", secret)]} for secret in self.edge_secrets()]
        text = b64(good)
        for key in [text + "\n", text.rstrip("="), text[:-2] + "_=", " " + text, spare_bits(text), "", good.hex()]:
            cases.append({"keys": [{"state": "active", "key": key}]})
        texts = [json.dumps(case) for case in cases] + ["", "null", "[]", '{"keys":', '{"keys":[null]}']
        verdicts = set()
        for ring_text in texts:
            try:
                Ring(ring_text)
                theirs = True
            except Refused:
                theirs = False
            options = self.options(ring_text, "id", "p", SIGNED, NOW, ttl=60)
            answers = self.driver("seal", options, [{"payload_b64": ""}, {"payload_b64": 1}, {}])
            ours = answers[0]["ok"]
            agree("rings", ours, theirs, ring_text)
            error = {"ok": False, "error": "malformed" if theirs else "key"}
            agree("rings", answers[1:], [error, error], ring_text)
            verdicts.add(theirs)
        agree("rings", verdicts, {True, False}, "both outcomes occur")

    def edge_secrets(self):
        """Secrets at the edges of what a key may be."""
        seven, eight = bytes(range(7)), bytes(range(8))
        yield from (self.rng.randbytes(length) for length in (0, 31, 32, 256, 257))
        yield seven * 5
        yield eight * 4
        yield bytes(32)
        yield b"correct horse battery staple and more"
        yield b"correct horse battery staple and m\xf6re"
        yield b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIE\r\n\t-----END PRIVATE KEY-----\n"
        yield b"0123456789abcdef" * 4
        yield b"0123456789abcdef" * 2 + b"\x7f"
        yield b"0123456789abcdef" * 2 + b"\x00"

    def both_ways(self, number):
        """Python opens what the driver seals; the driver opens what Python seals, under every accepted key."""
        rng, mode = self.rng, (SIGNED, ENCRYPTED)[number % 2]
        ring_text, keys = self.random_ring()
        ring = Ring(ring_text)
        sealer = self.random_sealer(ring, mode)
        name, purpose = sealer.name.decode(), sealer.purpose.decode()
        ttl = rng.choice([1, 60, 43_200, DEFAULT_MAX_TTL_S])
        bucket = rng.choice([None, 1, 2, 16, 64, 100, 256]) if mode == ENCRYPTED else None
        payloads = [b"", b"\x80", b"\x80\x00", b"\x00" * 5]
        payloads += [rng.randbytes(rng.choice([1, 7, 12, 63, 64, 65, 500, 1500])) for _ in range(6)]

        options = self.options(ring_text, name, purpose, mode, NOW, ttl=ttl, bucket=bucket)
        answers = self.driver("seal", options, [{"payload_b64": b64(payload)} for payload in payloads])
        values = [answer["value"] for answer in answers]
        for payload, value in zip(payloads, values):
            agree("driver seals", (payload, NOW, NOW + 1000 * ttl, False), sealer.open(value, NOW), options)
            padded = len(payload) if mode == SIGNED else len(payload) + len(padding_to(bucket or 1, payload)) - 1
            overhead = 47 if mode == SIGNED else 44
            agree("lengths", len(value), len(base64url(bytes(padded + overhead))), options)
        if mode == ENCRYPTED:
            agree("nonces", len({value[6:23] for value in values}), len(values), "no nonce twice")

        values = []
        for (state, key), payload in itertools.product(keys, payloads):
            padding = padding_to(rng.choice([1, 2, 16, 300]), payload)
            values.append(sealer.seal(payload, NOW, ttl, rng.randbytes(12), key=key, padding=padding))
        outcomes = self.opens_alike("python seals", ring_text, sealer, NOW, values)
        expected = ["rejected" if state == "revoked" else "ok" for state, _ in keys for _ in payloads]
        agree("states", outcomes, expected, ring_text)

        # Another name, purpose, mode or key. The values are right in every other way.
        other_ring = Ring(self.random_ring()[0])
        strangers = [
            Sealer(ring, name + "x", purpose, mode),
            Sealer(ring, name, purpose + "x", mode),
            Sealer(ring, purpose, name, mode),
            Sealer(ring, name, purpose, SIGNED if mode == ENCRYPTED else ENCRYPTED),
            Sealer(other_ring, name, purpose, mode),
        ]
        if name.swapcase() != name:
            strangers.append(Sealer(ring, name.swapcase(), purpose, mode))
        values = [other.seal(b"x", NOW, ttl, rng.randbytes(12), checks=False) for other in strangers]
        outcomes = self.opens_alike("strangers", ring_text, sealer, NOW, values)
        agree("strangers", outcomes, ["rejected"] * len(outcomes), ring_text)

    def times(self, number):
        """Every edge of the time rules, 1 ms to each side."""
        rng, mode = self.rng, (SIGNED, ENCRYPTED)[number % 2]
        now = (NOW, 0, 2**48, 1_000, -SKEW_MS, 2**63 - 1, -(2**63), NOW)[number // 2]
        ring_cutoff = rng.choice([None, max(0, min(now - 100_000, 2**48 - 1))])
        cutoff = rng.choice([None, now - 200_000, now - 50_000, -1])
        if not -(2**63) <= (cutoff or 0) < 2**63:
            cutoff = None
        max_ttl_s = rng.choice([60, DEFAULT_MAX_TTL_S, GREATEST_MAX_TTL_S])
        ring_text, _ = self.random_ring(ring_cutoff)
        ring = Ring(ring_text)
        sealer = self.random_sealer(ring, mode, max_ttl_s)
        edges = {now, now + SKEW_MS, 0, 2**48 - 1}
        edges |= {edge for edge in (cutoff, ring.cutoff_ms) if edge is not None}
        ttls = [0, 1, 59, 60, 61, max_ttl_s - 1, max_ttl_s, max_ttl_s + 1, GREATEST_MAX_TTL_S, 2**32 - 1]
        values = []
        for ttl in ttls:
            for edge in edges | {now - 1000 * ttl, now - 1000 * max_ttl_s}:
                for issued_at in (edge - 1, edge, edge + 1):
                    if 0 <= issued_at < 2**48:
                        values.append(sealer.seal(b"t", issued_at, ttl, rng.randbytes(12), checks=False))
        outcomes = self.opens_alike("times", ring_text, sealer, now, values, cutoff)
        if now == NOW:
            # The first and last rows use an ordinary clock, where every outcome but `rejected` must occur.
            seen = set(outcomes) | ({"revoked"} if cutoff is None and ring.cutoff_ms is None else set())
            agree("time outcomes", seen >= {"ok", "expired", "not_yet_valid"}, True, sorted(seen))

    def mutations(self, number):
        """Each bit flipped, each truncation, some extensions and spellings of a value that opens."""
        rng, mode = self.rng, (SIGNED, ENCRYPTED)[number % 2]
        ring_text, _ = self.random_ring()
        sealer = self.random_sealer(Ring(ring_text), mode)
        payload = rng.randbytes(number)
        value = sealer.seal(payload, NOW, 60, rng.randbytes(12))
        raw = Sealer.decoded(value)
        changed = [base64url(flipped(raw, bit)) for bit in range(8 * len(raw))]
        changed += [value[:length] for length in range(len(value))]
        changed += [base64url(raw[:length]) for length in range(len(raw))]
        changed += [value + more for more in ("A", "AA", "AAAA", "=", "==", "\n", " ", "\0", "é", ".")]
        changed += [more + value for more in ("A", " ", "\n", "=", "AAAA", "\ufeff")]
        changed += [value[:9] + c + value[10:] for c in "+/=. \t\r\n\0~é\"\\%"]
        changed += [base64url(raw + rng.randbytes(length)) for length in (1, 2, 3, 16)]
        changed += [base64url(bytes([version]) + raw[1:]) for version in range(256) if version != raw[0]]
        changed += [spare_bits(value), value * 100, "A" * 4096, "A" * 4097, "", "AAAA", value.lower(), value.upper()]
        changed = [text for text in changed if text != value]
        outcomes = self.opens_alike("mutations", ring_text, sealer, NOW, [value, *changed])
        agree("mutations", outcomes, ["ok"] + ["rejected"] * len(changed), ring_text)

    def crafted(self):
        """Wrong padding under a right tag, and the other shortest values, which no sealer writes."""
        rng = self.rng
        ring_text, _ = self.random_ring()
        sealer = self.random_sealer(Ring(ring_text), ENCRYPTED)
        paddings = [b"", b"\x00", b"\x80\x01", b"\x00" * 16, b"\x81", b"\x80" + b"\x00" * 15 + b"\x01", b"\x80\x80"]
        paddings += [b"\x80" + bytes(zeros) for zeros in (0, 1, 15, 16, 255, 1000)]
        values = [
            sealer.seal(payload, NOW, 60, rng.randbytes(12), padding=padding, checks=False)
            for padding in paddings
            for payload in (b"", b"x", b"\x80", b"\x80\x00", b"\x00")
        ]
        outcomes = self.opens_alike("crafted", ring_text, sealer, NOW, values)
        agree("crafted", set(outcomes), {"ok", "rejected"}, "both occur")

    def sizes(self):
        """Name and value of 4096 characters together are sealed, and one more is not; 4096 are read, 4097 are not."""
        for mode, name in itertools.product((SIGNED, ENCRYPTED), ("i", "__Host-id", "n" * 1000)):
            ring_text, _ = self.random_ring()
            sealer = Sealer(Ring(ring_text), name, "p", mode)
            overhead = 47 if mode == SIGNED else 44
            room = (4096 - len(name)) * 3 // 4 - overhead
            lengths = range(room - 3, room + 4)
            options = self.options(ring_text, name, "p", mode, NOW, ttl=60)
            answers = self.driver("seal", options, [{"payload_b64": b64(bytes(length))} for length in lengths])
            for length, answer in zip(lengths, answers):
                try:
                    theirs = (True, len(sealer.seal(bytes(length), NOW, 60, bytes(12))))
                except Refused as refused:
                    theirs = (False, refused.kind)
                ours = (answer["ok"], len(answer["value"]) if answer["ok"] else answer["error"])
                agree("sizes", ours, theirs, (mode, name, length))
            long = [sealer.seal(bytes(3072 - overhead + more), NOW, 60, bytes(12), checks=False) for more in (0, 1)]
            agree("sizes", [len(value) for value in long], [4096, 4098], mode)
            outcomes = self.opens_alike("sizes", ring_text, sealer, NOW, long)
            agree("sizes", outcomes, ["ok", "rejected"], mode)

    def seal_refusals(self):
        """The times that `seal` refuses."""
        ring_text, _ = self.random_ring()
        for mode, now, ttl, max_ttl_s in itertools.product(
            (SIGNED, ENCRYPTED),
            (-1, 0, 2**48 - 1, 2**48, -(2**63), 2**63 - 1),
            (0, 1, 60, 61, DEFAULT_MAX_TTL_S, DEFAULT_MAX_TTL_S + 1, 2**32 - 1, 2**32, 2**64 - 1),
            (60, DEFAULT_MAX_TTL_S),
        ):
            sealer = Sealer(Ring(ring_text), "id", "p", mode, max_ttl_s)
            try:
                sealer.seal(b"", now, ttl, bytes(12))
                theirs = "ok"
            except Refused as refused:
                theirs = refused.kind
            options = self.options(ring_text, "id", "p", mode, now, ttl=ttl, max_ttl=max_ttl_s)
            (answer,) = self.driver("seal", options, [{"payload_b64": ""}])
            agree("seal refusals", answer.get("error", "ok"), theirs, options)

    def vector_file(self, path):
        """The vectors that `cloakroom-seal` publishes, read by both; Python also makes each value that can be made."""
        with open(path, encoding="utf-8") as file:
            vectors = json.load(file)
        agree("vectors", vectors["format"], "cloakroom-seal/v1", path)
        rings = {name: Ring(json.dumps(ring)) for name, ring in vectors["rings"].items()}
        keys = {key_id: key for ring in rings.values() for key_id, key in ring.accepted.items()}
        for entry in vectors["sub_keys"]:
            key = keys[bytes.fromhex(entry["key_id"])]
            parts = (entry["label"], entry["purpose"], entry["cookie_name"])
            agree("vectors", entry["sub_key_hex"], key.derive(*map(str.encode, parts)).hex(), entry)
        for case in vectors["cases"]:
            ring_text = json.dumps(vectors["rings"][case["ring"]])
            sealer = Sealer(
                Ring(ring_text), case["cookie_name"], case["purpose"], case["mode"], case["max_ttl_s"]
            )
            if made := case["sealed"]:
                payload = bytes.fromhex(made["payload_hex"])
                value = sealer.seal(
                    payload,
                    made["issued_at_ms"],
                    made["ttl_s"],
                    bytes.fromhex(made["nonce_hex"] or ""),
                    key=keys[bytes.fromhex(made["key_id"])],
                    padding=padding_to(made["bucket"] or 1, payload),
                    checks=False,
                )
                agree("vectors made", case["value"], value, case["name"])
            (outcome,) = self.opens_alike(
                "vectors", ring_text, sealer, case["now_ms"], [case["value"]], case["cutoff_ms"]
            )
            agree("vectors", outcome, case["result"].get("error", "ok"), case["name"])
            if outcome == "ok":
                payload, *rest = sealer.open(case["value"], case["now_ms"], case["cutoff_ms"])
                result = case["result"]
                expected = [result[member] for member in ("issued_at_ms", "expires_at_ms", "needs_reseal")]
                agree("vectors", [payload.hex(), *rest], [result["payload_hex"], *expected], case["name"])


def flipped(raw, bit):
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def spare_bits(text):
    """The same bytes in another spelling: the last character's spare bits are set. The text itself if it has none."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    body = text.rstrip("=")
    if len(body) % 4 in (0, 1):
        return text
    extra = "+/" if "+" in text or "/" in text else "-_"
    index = (alphabet + extra).index(body[-1])
    return body[:-1] + (alphabet + extra)[index ^ 1] + text[len(body) :]


if __name__ == "__main__":
    main()
