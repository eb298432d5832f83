"""Sealed cookie values, written a second time, from the published format alone.

Nothing here was taken from the Rust crates: HKDF (RFC 5869) and HMAC (RFC 2104) are the standard library's, and
AES-256-GCM-SIV (RFC 8452) comes from the `cryptography` package. What the two implementations agree on is therefore
what the format says, and not what one of them happens to do.
"""

import base64
import hashlib
import hmac
import json
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

SIGNED, ENCRYPTED = "signed", "encrypted"
VERSIONS = {SIGNED: 1, ENCRYPTED: 2}
LABELS = {SIGNED: b"seal/signed", ENCRYPTED: b"seal/encrypted"}
SHORTEST = {SIGNED: 47, ENCRYPTED: 44}
LONGEST_TEXT = 4096
DEFAULT_MAX_TTL_S = 30 * 86_400
GREATEST_MAX_TTL_S = 400 * 86_400
SKEW_MS = 5_000


class Refused(Exception):
    """A value, a setting or a ring that is not taken; `kind` is the driver's name for why."""

    def __init__(self, kind, why=""):
        super().__init__(f"{kind}: {why}" if why else kind)
        self.kind = kind


# Keys -----------------------------------------------------------------------------------------------------------------


def lp(data):
    """A two-byte big-endian length, then the bytes themselves."""
    return len(data).to_bytes(2, "big") + data


def hkdf_expand(prk, info, length):
    """RFC 5869 section 2.3 with SHA-256."""
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), hashlib.sha256)
        out, counter = out + block, counter + 1
    return out[:length]


class Key:
    """A secret of 32 to 256 bytes, its computed id, and the sub-keys that are derived from it."""

    def __init__(self, secret):
        if not 32 <= len(secret) <= 256:
            raise Refused("key", "length")
        if len(set(secret)) < 8:
            raise Refused("key", "fewer than 8 distinct byte values")
        if all(0x20 <= byte < 0x7F or byte in b"\t\n\r" for byte in secret):
            raise Refused("key", "text")
        self.secret = secret
        self.prk = hmac.digest(b"cloakroom/v1", secret, hashlib.sha256)  # RFC 5869 section 2.2
        self.id = hkdf_expand(self.prk, lp(b"key-id"), 4)

    def derive(self, label, *parts):
        return hkdf_expand(self.prk, b"".join(map(lp, (label, *parts))), 32)


class Ring:
    """One active key, and others that are announced, retiring (both accepted) or revoked (known by id alone)."""

    def __init__(self, text):
        try:
            config = json.loads(text)
            entries = config["keys"]
        except (ValueError, KeyError, TypeError) as error:
            raise Refused("key", "not a ring") from error
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise Refused("key", "not a ring")
        self.cutoff_ms = config.get("cutoff_ms")
        self.active, self.accepted, self.retiring, self.revoked = None, {}, set(), set()
        secrets = set()
        for entry in entries:
            state = entry.get("state")
            if state == "revoked":
                if "key" in entry:
                    raise Refused("key", "a revoked key is listed by id alone")
                if not re.fullmatch("[0-9a-f]{8}", entry.get("id", "")):
                    raise Refused("key", "a revoked key without an id")
                key_id = bytes.fromhex(entry["id"])
                if key_id in self.accepted or key_id in self.revoked:
                    raise Refused("key", "duplicate id")
                self.revoked.add(key_id)
                continue
            if state not in ("active", "announced", "retiring"):
                raise Refused("key", "state")
            key = Key(canonical_base64(entry.get("key")))
            if "id" in entry and entry["id"] != key.id.hex():
                raise Refused("key", "wrong id")
            if key.id in self.accepted or key.id in self.revoked or key.secret in secrets:
                raise Refused("key", "duplicate")
            secrets.add(key.secret)
            self.accepted[key.id] = key
            if state == "retiring":
                self.retiring.add(key.id)
            if state == "active":
                if self.active:
                    raise Refused("key", "two active keys")
                self.active = key
        if not self.active:
            raise Refused("key", "no active key")
        if self.revoked and self.cutoff_ms is None:
            raise Refused("key", "revoked without a cut-off")


def canonical_base64(text):
    """Standard base64, padded, one text for each value."""
    if not isinstance(text, str):
        raise Refused("key", "no key")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("key", "base64") from error
    if base64.b64encode(data).decode() != text:
        raise Refused("key", "base64 is not canonical")
    return data


# Sealed values --------------------------------------------------------------------------------------------------------


class Sealer:
    """Seals and opens the values of one cookie for one purpose in one mode."""

    def __init__(self, ring, name, purpose, mode, max_ttl_s=DEFAULT_MAX_TTL_S):
        self.ring, self.mode, self.max_ttl_s = ring, mode, max_ttl_s
        self.name, self.purpose = name.encode(), purpose.encode()

    def sub_key(self, key):
        return key.derive(LABELS[self.mode], self.purpose, self.name)

    def seal(self, payload, issued_at, ttl_s, nonce, *, key=None, padding=b"\x80", checks=True):
        """One sealed value. `checks=False`, `key` and `padding` make values that no sealer would write."""
        if checks and not (0 < ttl_s <= self.max_ttl_s and 0 <= issued_at < 2**48):
            raise Refused("rejected", "time")
        key = key or self.ring.active
        head = bytes([VERSIONS[self.mode]]) + key.id
        times = issued_at.to_bytes(6, "big") + ttl_s.to_bytes(4, "big")
        if self.mode == SIGNED:
            body = head + times + payload
            sealed = body + hmac.digest(self.sub_key(key), body, hashlib.sha256)
        else:
            aad = head + nonce
            plain = times + payload + padding
            sealed = aad + AESGCMSIV(self.sub_key(key)).encrypt(nonce, plain, aad)
        text = base64url(sealed)
        if checks and len(self.name) + len(text) > LONGEST_TEXT:
            raise Refused("too_large")
        return text

    def open(self, text, now, cutoff_ms=None):
        """The payload, both times and whether it should be sealed anew; raises `Refused` otherwise."""
        sealed = self.strict_bytes(text)
        key = self.ring.accepted.get(sealed[1:5])
        if key is None:
            raise Refused("rejected", "unknown key")
        times, payload = (self.verify if self.mode == SIGNED else self.decrypt)(sealed, self.sub_key(key))
        issued_at = int.from_bytes(times[:6], "big")
        ttl_s = int.from_bytes(times[6:], "big")
        if not issued_at <= now + SKEW_MS:
            raise Refused("not_yet_valid")
        expires_at = issued_at + 1000 * min(ttl_s, self.max_ttl_s)
        if not now < expires_at:
            raise Refused("expired")
        cutoffs = [c for c in (cutoff_ms, self.ring.cutoff_ms) if c is not None]
        if cutoffs and not issued_at > max(cutoffs):
            raise Refused("revoked")
        return payload, issued_at, expires_at, key.id in self.ring.retiring and issued_at <= now

    def strict_bytes(self, text):
        """All that is refused before any key is touched."""
        if len(text) > LONGEST_TEXT or not re.fullmatch("[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
            raise Refused("rejected", "text")
        sealed = self.decoded(text)
        if base64url(sealed) != text:
            raise Refused("rejected", "spare bits")
        if len(sealed) < SHORTEST[self.mode] or sealed[0] != VERSIONS[self.mode]:
            raise Refused("rejected", "length or version")
        return sealed

    @staticmethod
    def decoded(text):
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    @staticmethod
    def verify(sealed, sub_key):
        body, tag = sealed[:-32], sealed[-32:]
        if not hmac.compare_digest(hmac.digest(sub_key, body, hashlib.sha256), tag):
            raise Refused("rejected", "tag")
        return body[5:15], body[15:]

    @staticmethod
    def decrypt(sealed, sub_key):
        aad, nonce = sealed[:17], sealed[5:17]
        try:
            plain = AESGCMSIV(sub_key).decrypt(nonce, sealed[17:], aad)
        except InvalidTag as error:
            raise Refused("rejected", "tag") from error
        payload, mark, zeros = plain[10:].rpartition(b"\x80")
        if not mark or zeros.strip(b"\x00"):
            raise Refused("rejected", "padding")
        return plain[:10], payload


def padding_to(bucket, payload):
    """`80 00*` that rounds the payload and the mark up to a multiple of `bucket`."""
    return b"\x80" + bytes(-(len(payload) + 1) % bucket)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
