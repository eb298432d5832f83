"""The Python libraries behind one interface: `peer(command, lines)` answers each line as the driver would.

A line carries the key as a JWK beside what the driver's own lines have: `jws-sign` has `header` and `payload_b64`,
`jws-verify` and `jwt-verify` have `token`, and `jwt-verify` has `policy`; `jwk-public` gives the key as the library
itself publishes it. What a library refuses, by whatever exception, is refused.
"""

import datetime
import json
import types

import joserfc.jwk
import joserfc.jws
import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jws
import jwcrypto.jwt
import jwt

from driver import b64, unb64

# An Ed25519 key is used under both of its names (RFC 9864).
NAMES = {"EdDSA": ["EdDSA", "Ed25519"]}


class Peer:
    def __init__(self):
        self.keys = {}

    def __call__(self, command, lines):
        act = {
            "jwk-public": self.published,
            "jws-sign": self.signed,
            "jws-verify": self.payload,
            "jwt-verify": self.claims,
        }[command]
        return [self.answer(act, line) for line in lines]

    @staticmethod
    def answer(act, line):
        try:
            return {"ok": True, **act(line)}
        except Exception:
            return {"ok": False}

    def key(self, line):
        text = json.dumps(line["key"], sort_keys=True)
        if text not in self.keys:
            self.keys[text] = self.made(line["key"])
        return self.keys[text]

    def names(self, line):
        return NAMES.get(line["key"]["alg"], [line["key"]["alg"]])


class PyJwt(Peer):
    name = "PyJWT"

    def made(self, jwk):
        return jwt.PyJWK(jwk)

    def published(self, line):
        key, algorithm = self.key(line).key, self.key(line).Algorithm
        return {"jwk": algorithm.to_jwk(key if line["key"]["kty"] == "oct" else key.public_key(), as_dict=True)}

    def signed(self, line):
        header = dict(line["header"])
        jws = jwt.PyJWS()
        # Without `typ` in the header it writes `JWT`, unless it is told that there is none.
        header.setdefault("typ", None)
        token = jws.encode(unb64(line["payload_b64"]), self.key(line).key, line["key"]["alg"], header)
        return {"token": token}

    def payload(self, line):
        jws = jwt.PyJWS(options={"enforce_minimum_key_length": True})
        found = jws.decode_complete(line["token"], self.key(line).key, self.names(line))
        return {"payload_b64": b64(found["payload"])}

    def claims(self, line):
        policy = line["policy"]

        class Clock(datetime.datetime):
            @classmethod
            def now(cls, tz=None):
                return cls.fromtimestamp(policy["now"], tz)

        jwt.api_jwt.datetime = Clock
        claims = jwt.decode(
            line["token"],
            self.key(line).key,
            algorithms=self.names(line),
            issuer=policy["iss"],
            audience=policy["aud"],
            leeway=policy["leeway"],
            options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
        )
        return {"claims": claims}


class Jwcrypto(Peer):
    name = "jwcrypto"

    def made(self, jwk):
        return jwcrypto.jwk.JWK(**jwk)

    def published(self, line):
        key = self.key(line)
        return {"jwk": key.export(as_dict=True) if line["key"]["kty"] == "oct" else key.export_public(as_dict=True)}

    def signed(self, line):
        jws = jwcrypto.jws.JWS(unb64(line["payload_b64"]))
        jws.add_signature(self.key(line), protected=json.dumps(line["header"]))
        return {"token": jws.serialize(compact=True)}

    def payload(self, line):
        jws = jwcrypto.jws.JWS()
        jws.allowed_algs = self.names(line)
        jws.deserialize(line["token"], self.key(line))
        return {"payload_b64": b64(jws.payload)}

    def claims(self, line):
        policy = line["policy"]
        jwcrypto.jwt.time = types.SimpleNamespace(time=lambda: policy["now"])
        token = jwcrypto.jwt.JWT(
            algs=self.names(line),
            check_claims={"iss": policy["iss"], "aud": policy["aud"], "exp": None},
            expected_type="JWS",
        )
        token.leeway = policy["leeway"]
        token.deserialize(line["token"], self.key(line))
        return {"claims": json.loads(token.claims)}


class Joserfc(Peer):
    name = "joserfc"

    def made(self, jwk):
        return joserfc.jwk.import_key(jwk)

    def published(self, line):
        return {"jwk": self.key(line).as_dict(private=line["key"]["kty"] == "oct")}

    def signed(self, line):
        token = joserfc.jws.serialize_compact(
            line["header"], unb64(line["payload_b64"]), self.key(line), algorithms=self.names(line)
        )
        return {"token": token}

    def payload(self, line):
        found = joserfc.jws.deserialize_compact(line["token"], self.key(line), algorithms=self.names(line))
        return {"payload_b64": b64(found.payload)}

    def claims(self, line):
        policy = line["policy"]
        found = joserfc.jwt.decode(line["token"], self.key(line), algorithms=self.names(line))
        joserfc.jwt.JWTClaimsRegistry(
            now=policy["now"],
            leeway=policy["leeway"],
            iss={"essential": True, "value": policy["iss"]},
            aud={"essential": True, "value": policy["aud"]},
            exp={"essential": True},
        ).validate(found.claims)
        return {"claims": found.claims}
