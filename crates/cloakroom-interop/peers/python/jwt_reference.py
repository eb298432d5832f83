"""The rules of `cloakroom-jwt` a second time, from the RFCs and that crate's documentation, with Python's own JSON and
the primitives of `cryptography`.

`rules(token, key, policy)` names every rule that a token breaks, in the order in which they are looked at; a token that
breaks none is accepted. `KIND` has the driver's error for each.
"""

import base64
import hashlib
import hmac
import json
import re
from decimal import Decimal
from math import ceil, floor

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

ALGORITHMS = [
    *["HS256", "HS384", "HS512", "ES256", "ES384", "EdDSA"],
    *["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
]
LONGEST_TOKEN, LONGEST_HEADER, MOST_HEADER_MEMBERS, DEEPEST = 8192, 1024, 32, 16

KIND = {
    "token-length": "too_large",
    "header-length": "too_large",
    "three-parts": "malformed",
    "base64url": "malformed",
    "base64url-spare-bits": "malformed",
    "header-utf-8": "malformed",
    "header-json": "malformed",
    "header-object": "malformed",
    "header-duplicates": "malformed",
    "header-surrogates": "malformed",
    "header-depth": "malformed",
    "header-members": "header",
    "header-types": "header",
    "alg-unknown": "header",
    "crit": "header",
    "b64": "header",
    "zip-or-enc": "header",
    "nested": "header",
    "alg-of-no-key": "algorithm",
    "kid-of-no-key": "unknown_key",
    "typ": "type",
    "signature": "signature",
    "claims-utf-8": "claims",
    "claims-json": "claims",
    "claims-object": "claims",
    "claims-duplicates": "claims",
    "claims-surrogates": "claims",
    "claims-depth": "claims",
    "claims-strings": "claims",
    "claims-audience": "claims",
    "claims-times": "claims",
    "issuer": "issuer",
    "audience": "audience",
    "required-claims": "missing_claim",
    "expired": "expired",
    "expired-in-its-second": "expired",
    "not-before": "not_yet_valid",
    "not-before-by-its-fraction": "not_yet_valid",
    "issued-in-the-future": "not_yet_valid",
    "issued-in-the-future-by-its-fraction": "not_yet_valid",
}


def rules(token, key, policy):
    """The broken rules of the first stage that breaks any: what follows cannot be looked at without it."""
    if len(token.encode(errors="surrogatepass")) > LONGEST_TOKEN:
        return ["token-length"]
    found = header_rules(token, key) or typ_rules(token, policy["typ"])
    if found:
        return found
    _, payload, signature = token.split(".")
    found = spelling(payload) + spelling(signature) or signature_rules(token, key)
    if found:
        return found
    claims, found = claims_of(decoded(payload))
    return found or [*policy_rules(claims, policy)]


def jws_rules(token, key):
    """The broken rules of the signature's level, where the payload is any octets and `typ` any text."""
    found = header_rules(token, key)
    if found:
        return found
    _, payload, signature = token.split(".")
    return spelling(payload) + spelling(signature) or signature_rules(token, key)


def header_rules(token, key):
    parts = token.split(".")
    if len(parts) != 3:
        return ["three-parts"]
    if not all(re.fullmatch(r"[A-Za-z0-9_-]*", part) for part in parts):
        return ["base64url"]
    if len(parts[0]) > (LONGEST_HEADER + 2) // 3 * 4:
        return ["header-length"]
    found = spelling(parts[0])
    if found:
        return found
    raw = decoded(parts[0])
    if len(raw) > LONGEST_HEADER:
        return ["header-length"]
    header, found = strict_object(raw, "header")
    if found:
        return found
    if len(header) > MOST_HEADER_MEMBERS:
        return ["header-members"]
    return [*member_rules(header)] or [*key_rules(header, key)][:1]


def spelling(part):
    """RFC 7515 section 2, RFC 4648 section 3.5: each octet string has one text."""
    if len(part) % 4 == 1:
        return ["base64url"]
    return [] if encoded(decoded(part)) == part else ["base64url-spare-bits"]


def signature_rules(token, key):
    header, payload, signature = token.split(".")
    return [] if verifies(key, f"{header}.{payload}".encode(), decoded(signature)) else ["signature"]


def member_rules(header):
    if not all(isinstance(header.get(name, ""), str) for name in ("alg", "typ", "kid", "cty")):
        yield "header-types"
    if header.get("alg") not in [*ALGORITHMS, "Ed25519"]:
        yield "alg-unknown"
    if "crit" in header:
        yield "crit"
    if "b64" in header:
        yield "b64"
    if "zip" in header or "enc" in header:
        yield "zip-or-enc"
    if isinstance(header.get("cty"), str) and media_type(header["cty"]) == "application/jwt":
        yield "nested"


def key_rules(header, key):
    alg = "EdDSA" if header["alg"] == "Ed25519" else header["alg"]
    if alg != key["alg"]:
        yield "alg-of-no-key"
    if "kid" in header and header["kid"] != key.get("kid"):
        yield "kid-of-no-key"


def typ_rules(token, wanted):
    typ = json.loads(decoded(token.split(".")[0])).get("typ")
    if wanted is None:
        return [] if typ is None or media_type(typ) == "application/jwt" else ["typ"]
    return [] if typ is not None and media_type(typ) == media_type(wanted) else ["typ"]


def policy_rules(claims, policy):
    if claims.get("iss", policy["iss"]) != policy["iss"]:
        yield "issuer"
    audience = claims.get("aud", policy["aud"])
    if policy["aud"] not in (audience if isinstance(audience, list) else [audience]):
        yield "audience"
    if not {"iss", "aud", "exp"} <= claims.keys():
        yield "required-claims"
    now, leeway = policy["now"], policy["leeway"]
    if "exp" in claims and floor(claims["exp"]) + leeway <= now:
        yield "expired" if ceil(claims["exp"]) + leeway < now else "expired-in-its-second"
    for name, rule in [("nbf", "not-before"), ("iat", "issued-in-the-future")]:
        if name in claims and ceil(claims[name]) - leeway > now:
            yield rule if floor(claims[name]) - leeway > now else f"{rule}-by-its-fraction"


def media_type(text):
    """RFC 7515 section 4.1.9: without a slash, `application/` stands before it; media types have no letter case."""
    lower = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)
    return lower if "/" in lower else f"application/{lower}"


def claims_of(raw):
    claims, found = strict_object(raw, "claims")
    if found:
        return None, found
    if not all(isinstance(claims.get(name, ""), str) for name in ("iss", "sub", "jti")):
        found.append("claims-strings")
    audience = claims.get("aud", "")
    if not (isinstance(audience, str) or is_list_of_strings(audience)):
        found.append("claims-audience")
    if not all(is_time(claims.get(name, 0)) for name in ("exp", "nbf", "iat", "auth_time")):
        found.append("claims-times")
    return claims, found


def is_list_of_strings(value):
    return isinstance(value, list) and all(isinstance(member, str) for member in value)


def is_time(value):
    """A number without a minus sign of which 63 bits hold the milliseconds; fractions are compared exactly."""
    if type(value) not in (int, Decimal) or isinstance(value, Decimal) and value.is_signed():
        return False
    return 0 <= value < 2**63 // 1000 + 1


# JSON ---------------------------------------------------------------------------------------------------------------


class Duplicate(Exception):
    pass


def strict_object(raw, what):
    """The JSON object that `raw` is (RFC 8259), and the rules that it breaks."""

    def pairs(members):
        if len({name for name, _ in members}) != len(members):
            raise Duplicate
        return dict(members)

    def integer(text):
        return Decimal(text) if text == "-0" else int(text)

    def constant(_):
        raise ValueError("NaN and the infinities are no JSON")

    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None, [f"{what}-utf-8"]
    try:
        value = json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=Decimal, parse_int=integer
        )
    except Duplicate:
        return None, [f"{what}-duplicates"]
    except (ValueError, RecursionError):
        return None, [f"{what}-json"]
    if not isinstance(value, dict):
        return None, [f"{what}-object"]
    if any(re.search("[\ud800-\udfff]", text) for text in strings(value)):
        return None, [f"{what}-surrogates"]
    if depth(value) > DEEPEST:
        return None, [f"{what}-depth"]
    return value, []


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from strings(member)


def depth(value):
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if members is None else 1 + max(map(depth, members), default=0)


# Keys and signatures ------------------------------------------------------------------------------------------------


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(jwk, member):
    return int.from_bytes(decoded(jwk[member]), "big")


HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
parsed = {}


def private_key(jwk):
    """The key object, made once for each JWK."""
    name = jwk["d"] if "d" in jwk else jwk["k"]
    if name not in parsed:
        parsed[name] = {"oct": octets, "EC": ec_key, "OKP": okp_key, "RSA": rsa_key}[jwk["kty"]](jwk)
    return parsed[name]


def octets(jwk):
    return decoded(jwk["k"])


def ec_key(jwk):
    curve = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[jwk["crv"]]
    private = ec.derive_private_key(number(jwk, "d"), curve)
    return private, private.public_key()


def okp_key(jwk):
    private = ed25519.Ed25519PrivateKey.from_private_bytes(decoded(jwk["d"]))
    return private, private.public_key()


def rsa_key(jwk):
    p, q, d, dp, dq, qi, n, e = (number(jwk, member) for member in ("p", "q", "d", "dp", "dq", "qi", "n", "e"))
    private = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n)).private_key()
    return private, private.public_key()


def rsa_padding(alg):
    if alg[0] == "R":
        return padding.PKCS1v15()
    chosen = HASHES[alg[2:]]
    return padding.PSS(padding.MGF1(chosen), chosen.digest_size)


def sign(key, message):
    """The signature of `key["alg"]`; always the same one, but for PS256 and its like."""
    alg, private = key["alg"], private_key(key)
    if alg[0] == "H":
        return hmac.digest(private, message, f"sha{alg[2:]}")
    if alg == "EdDSA":
        return private[0].sign(message)
    chosen = HASHES[alg[2:]]
    if alg[0] == "E":
        der = private[0].sign(message, ec.ECDSA(chosen, deterministic_signing=True))
        size = chosen.digest_size
        return b"".join(part.to_bytes(size, "big") for part in utils.decode_dss_signature(der))
    return private[0].sign(message, rsa_padding(alg), chosen)


def verifies(key, message, signature):
    alg = key["alg"]
    if alg[0] == "H":
        return hmac.compare_digest(sign(key, message), signature)
    public = private_key(key)[1]
    try:
        if alg == "EdDSA":
            public.verify(signature, message)
        elif alg[0] == "E":
            size = HASHES[alg[2:]].digest_size
            if len(signature) != 2 * size:
                return False
            pair = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
            public.verify(utils.encode_dss_signature(*pair), message, ec.ECDSA(HASHES[alg[2:]]))
        else:
            public.verify(signature, message, rsa_padding(alg), HASHES[alg[2:]])
    except InvalidSignature:
        return False
    return True


def thumbprint(jwk):
    """RFC 7638 section 3."""
    members = {
        "oct": ["k", "kty"],
        "EC": ["crv", "kty", "x", "y"],
        "OKP": ["crv", "kty", "x"],
        "RSA": ["e", "kty", "n"],
    }
    text = json.dumps({member: jwk[member] for member in members[jwk["kty"]]}, separators=(",", ":"))
    return encoded(hashlib.sha256(text.encode()).digest())
