"""Compares JWT libraries: `check_jwt.py DRIVER NODE DIFFERENCES KEYS`. Prints what was compared, as JSON.

First everyone signs and everyone verifies, in each algorithm that both have. Then mutants of good tokens: the driver
must agree with `jwt_reference.py`, which is our rule, on each of them and on the reason. What we take and a peer refuses must
be explained by an entry of the list, and what we refuse and a peer takes by the rule that is broken; an entry that no
mutant shows any more stops the run, too.
"""

import concurrent.futures
import json
import math
import os
import re
import sys
import tempfile
from collections import Counter

import jwt_corpus
import jwt_reference as reference
from driver import Driver, b64, unb64
from jwt_corpus import CLAIMS, policy
from jwt_peers import Joserfc, Jwcrypto, Peer, PyJwt

HERE = os.path.dirname(os.path.abspath(__file__))
counts = Counter()
pool = concurrent.futures.ThreadPoolExecutor(8)


def main():
    driver, node, differences, keys = sys.argv[1:]
    with open(keys, encoding="utf-8") as file:
        keys = Keys(json.load(file))
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(driver, folder)
        javascript = [Node(node, name) for name in ("jose", "fast-jwt", "jsonwebtoken")]
        peers = [PyJwt(), Jwcrypto(), Joserfc(), *javascript]
        listed = List(differences)
        cross_verification([ours, *peers], keys, listed)
        seen = mutants(ours, peers, keys, listed.support)
        listed.compare(seen)
    print(json.dumps(counts))


class Keys:
    def __init__(self, keys):
        self.keys = keys

    def of(self, alg, kid=None):
        """The private JWK for one algorithm."""
        name = {"HS": "oct", "RS": "RSA", "PS": "RSA", "Ed": "Ed25519"}.get(alg[:2])
        key = {**self.keys[name or {"ES256": "P-256", "ES384": "P-384"}[alg]], "alg": alg}
        return {**key, "kid": kid} if kid else key


def public(key):
    if key["kty"] == "oct":
        return key
    return {name: value for name, value in key.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}


class Ours:
    """The driver. It has one key and one policy a process, so lines are answered in groups."""

    name = "cloakroom"

    def __init__(self, driver, folder):
        self.driver, self.folder, self.files = Driver(driver), folder, {}

    def __call__(self, command, lines):
        groups = {}
        for index, line in enumerate(lines):
            options = tuple(self.options(command, line))
            groups.setdefault(options, []).append(index)
        answers = [None] * len(lines)
        for options, indices in groups.items():
            inputs = [self.input(lines[index]) for index in indices]
            for index, answer in zip(indices, self.driver(command, options, inputs), strict=True):
                answers[index] = answer
        return answers

    @staticmethod
    def input(line):
        return {name: line[name] for name in ("token", "payload_b64") if name in line}

    def options(self, command, line):
        text = json.dumps(line["key"], sort_keys=True)
        if text not in self.files:
            self.files[text] = os.path.join(self.folder, f"{len(self.files)}.json")
            with open(self.files[text], "w", encoding="utf-8") as file:
                file.write(text)
        yield from ["--jwk", self.files[text]]
        if "backend" in line:
            yield from ["--backend", line["backend"]]
        if command == "jwt-verify":
            policy = line["policy"]
            yield from ["--iss", policy["iss"], "--aud", policy["aud"], "--now", str(policy["now"])]
            yield from ["--typ", policy["typ"] or "untyped:own-keys", "--leeway", str(policy["leeway"])]


class Node:
    def __init__(self, node, name):
        self.name, self.driver = name, Driver(node, os.path.join(HERE, "..", "node", "jwt.cjs"), name)

    def __call__(self, command, lines):
        return self.driver(command, [], lines)


def commands(peer):
    """Two of the Node libraries have no function for a payload that is no claims set."""
    return ["jwt-verify"] if peer.name in ("fast-jwt", "jsonwebtoken") else ["jwt-verify", "jws-verify"]


class List:
    """The tables of the list: what each library supports, what we take and it refuses, what we refuse."""

    def __init__(self, path):
        self.support, self.refused, self.taken = {}, set(), set()
        with open(path, encoding="utf-8") as file:
            for line in file:
                self.read([cell.strip() for cell in line.strip().strip("|").split("|")])

    def read(self, cells):
        if cells[0] == "signs, verifies":
            self.columns = cells[1:]
        elif hasattr(self, "columns") and len(cells) == len(self.columns) + 1 and "-" not in cells[0][:1]:
            self.support[cells[0]] = dict(zip(self.columns, cells[1:], strict=True))
        elif m := re.fullmatch(r"`([^`]+)`", cells[0]):
            self.add(self.refused, m[1])
        elif len(cells) > 1 and (m := re.fullmatch(r"`([^`]+)`", cells[1])):
            self.add(self.taken, (cells[0], m[1]))

    @staticmethod
    def add(rows, row):
        if row in rows:
            sys.exit(f"listed twice: {row}")
        rows.add(row)

    def compare(self, seen):
        for what, listed in [("refused", self.refused), ("taken", self.taken)]:
            for fault, entries in [
                ("in the code and not in the list", seen[what] - listed),
                ("listed and not seen", listed - seen[what]),
            ]:
                if entries:
                    sys.exit(f"differences {fault}: {sorted(entries)}")
            counts[f"differences, {what}"] = len(listed)


# Everyone signs, everyone verifies -----------------------------------------------------------------------------------

HEADERS = [{}, {"typ": "JWT"}, {"typ": "JWT", "kid": "k1"}]
PAYLOADS = [json.dumps(claims, ensure_ascii=index % 2 == 0).encode() for index, claims in enumerate(CLAIMS)]


def cross_verification(everyone, keys, listed):
    """Each library signs in each algorithm, and publishes the key; then each verifies all that there is."""
    if set(listed.support) != {peer.name for peer in everyone}:
        sys.exit(f"the table of algorithms has rows for {sorted(listed.support)}")
    algorithms = reference.ALGORITHMS
    rows = []
    for signer in everyone:
        inputs = [(alg, header, payload) for alg in algorithms for header in HEADERS for payload in PAYLOADS]
        lines = [
            {"key": keys.of(alg, "k1"), "header": {"alg": alg, **header}, "payload_b64": b64(payload)}
            for alg, header, payload in inputs
        ]
        answers = signer("jws-sign", lines)
        for (alg, _, payload), answer in zip(inputs, answers, strict=True):
            if answer["ok"] != (listed.support[signer.name][alg] == "both"):
                sys.exit(f"{signer.name} and {alg}: jws-sign says {answer}; the list says otherwise")
        exported = public_by(signer, [keys.of(alg, "k1") for alg in algorithms])
        for (alg, _, payload), answer in zip(inputs, answers, strict=True):
            counts["signed"] += answer["ok"]
            for key in (public(keys.of(alg, "k1")), exported.get(alg)):
                if answer["ok"] and key:
                    rows.append((signer.name, key, payload, answer["token"], True))
                    if key["kty"] == "oct":
                        rows.append((signer.name, {**key, "k": key["k"][::-1]}, payload, answer["token"], False))
    for verifier in everyone:
        verified(verifier, rows, listed.support)
    for alg in algorithms:
        for signer in everyone:
            for verifier in everyone:
                both = listed.support[signer.name][alg] == "both" and listed.support[verifier.name][alg] != "neither"
                counts["pairs" if both else "pairs that are not supported"] += 1


def public_by(signer, keys):
    """The keys as the library itself publishes them, by algorithm, where it has a function for that."""
    if isinstance(signer, Ours) or isinstance(signer, Node) and signer.name != "jose":
        return {}
    answers = zip(keys, signer("jwk-public", [{"key": key} for key in keys]), strict=True)
    return {key["alg"]: {**answer["jwk"], "alg": key["alg"], "kid": "k1"} for key, answer in answers if answer["ok"]}


def verified(verifier, rows, support):
    lines = [
        {"key": key, "token": token, "policy": policy(None), "backend": backend(key, index)}
        for index, (_, key, _, token, _) in enumerate(rows)
    ]
    for command in commands(verifier):
        for (signer, key, payload, token, good), answer in zip(rows, verifier(command, lines), strict=True):
            counts[f"cross-verified, {command}"] += 1
            expected = good and support[verifier.name][key["alg"]] != "neither"
            if answer["ok"] and command == "jwt-verify":
                right = alike(json.loads(payload), answer["claims"])
            else:
                # Some libraries write the JSON again.
                right = not answer["ok"] or json.loads(unb64(answer["payload_b64"])) == json.loads(payload)
            if answer["ok"] != expected or not right:
                sys.exit(f"{key['alg']}: {verifier.name}, {command}, says {answer} of {signer}'s {token}")


def alike(ours, theirs):
    """JSON values; numbers are compared as JavaScript has them."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(alike(value, theirs[name]) for name, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if type(ours) in (int, float):
        if abs(ours) >= 2**1023:
            return theirs is None or abs(theirs) >= 2**1023
        return type(theirs) in (int, float) and math.isclose(ours, theirs, rel_tol=1e-15)
    return type(ours) is type(theirs) and ours == theirs


# Mutants -------------------------------------------------------------------------------------------------------------

NUMBERS = {"HS256": 3000, "ES256": 3000, "EdDSA": 3000, "RS256": 3000}
OTHER_NUMBER = 1000


def backend(key, index):
    """Both backends; most tokens go to the one that is fast in a build without optimization."""
    return "rustcrypto" if key["kty"] in ("EC", "OKP") and index % 8 == 0 else "aws-lc"


def mutants(ours, peers, keys, support):
    seen = {"refused": set(), "taken": set()}
    for alg in reference.ALGORITHMS:
        key = keys.of(alg, "k1")
        rows = list(jwt_corpus.Mutants(NUMBERS.get(alg, OTHER_NUMBER)).of(key, alg))
        counts[f"mutants, {alg}"] = len(rows)
        able = [peer for peer in peers if support[peer.name][alg] != "neither"]
        for command, chosen in [("jwt-verify", rows), ("jws-verify", rows[::2])]:
            lines = [
                {"key": public(key), "token": token, "policy": told, "backend": backend(key, index)}
                for index, (token, told) in enumerate(chosen)
            ]
            asked = [peer for peer in (ours, *able) if command in commands(peer)]
            # The driver and the Node libraries have processes of their own; the Python libraries take turns.
            said = {peer: pool.submit(peer, command, lines) for peer in asked if not isinstance(peer, Peer)}
            if command == "jwt-verify":
                broken = [reference.rules(token, key, told) for token, told in chosen]
            else:
                broken = [reference.jws_rules(token, key) for token, _ in chosen]
            agree(command, chosen, said[ours].result(), broken)
            if command == "jwt-verify":
                among_others(ours, lines[::3], said[ours].result()[::3], keys)
            for peer in asked[1:]:
                theirs = peer(command, lines) if isinstance(peer, Peer) else said[peer].result()
                compare(command, peer, chosen, said[ours].result(), broken, theirs, seen)
    return seen


def agree(command, rows, answers, broken):
    """The driver and the reference, verdict and reason."""
    for (token, told), answer, rules in zip(rows, answers, broken, strict=True):
        counts[f"{command}, taken" if answer["ok"] else f"{command}, refused, {answer['error']}"] += 1
        # Several rules of one stage may be broken; which of them is told is not part of our rule.
        expected = {reference.KIND[rule] for rule in rules} or {"ok"}
        if command == "jws-verify" and any(rule.startswith("base64url") for rule in rules):
            # The payload is decoded last there, when the signature has been looked at.
            expected.add("signature")
        right = answer.get("error", "ok") in expected
        if answer["ok"]:
            payload = reference.decoded(token.split(".")[1])
            if command == "jwt-verify":
                right &= alike(json.loads(payload), answer["claims"])
            else:
                right &= unb64(answer["payload_b64"]) == payload
        if not right:
            sys.exit(f"{command}: not as the reference\n{shown(token, told)}\nreference {rules}\ndriver    {answer}")


def among_others(ours, lines, alone, keys):
    """The answers are the same when the key lies in a set, under the one kid that all keys there have."""
    together = {"keys": [public(keys.of(alg, "k1")) for alg in reference.ALGORITHMS]}
    answers = ours("jwt-verify", [{**line, "key": together, "backend": "aws-lc"} for line in lines])
    for line, before, answer in zip(lines, alone, answers, strict=True):
        counts["jwt-verify, in a set"] += 1
        # A token that names the algorithm of another key is judged by that key, which has not signed it.
        right = not answer["ok"] if before.get("error") == "algorithm" else answer == before
        if not right:
            sys.exit(f"{line['token'][:3000]}: {before}; in a set of keys {answer}")


def compare(command, peer, rows, ours, broken, theirs, seen):
    for (token, told), our, rules, their in zip(rows, ours, broken, theirs, strict=True):
        counts[f"{command}, {peer.name}"] += 1
        if our["ok"] and their["ok"]:
            same = alike(our["claims"], their["claims"]) if "claims" in our else our == their
            if not same:
                sys.exit(
                    f"{peer.name}, {command}: other contents\n{shown(token, told)}\nours   {our}\ntheirs {their}"
                )
        elif our["ok"]:
            header = json.loads(reference.decoded(token.split(".")[0]))
            entries = {entry for entry, applies in REFUSED_BY.get(peer.name, {}).items() if applies(header)}
            if not entries:
                sys.exit(f"{peer.name}, {command}, refuses what we take, and no entry says why\n{shown(token, told)}")
            # An entry is shown by a token to which it alone applies.
            if len(entries) == 1:
                seen["taken"] |= {(peer.name, entry) for entry in entries}
            counts["taken by us, refused by a peer"] += 1
        elif their["ok"]:
            seen["refused"] |= set(rules)
            counts["refused by us, taken by a peer"] += 1


def shown(token, told):
    """The token, the policy, and what the token's parts stand for."""
    parts = []
    for part in token.split(".")[:2]:
        try:
            parts.append(reference.decoded(part))
        except ValueError:
            parts.append(None)
    return f"{token[:3000]}\n{told} {parts}"


TEXTS = ["kid", "x5t", "x5t#S256", "typ", "cty"]


def beyond_its_registry(header):
    types = {**dict.fromkeys(TEXTS, str), "jku": str, "x5u": str, "jwk": dict, "x5c": list}
    if any(name in header and not isinstance(header[name], kind) for name, kind in types.items()):
        return True
    addresses = [header.get(name, "https://") for name in ("jku", "x5u")]
    texts = all(isinstance(text, str) for text in header.get("x5c", []))
    return not texts or not all(address.startswith(("http://", "https://")) for address in addresses)


def other_name(header):
    return header["alg"] == "Ed25519"


# Why a peer refuses some tokens that we take: conditions on the header, by entry of the list.
REFUSED_BY = {
    "PyJWT": {"ed25519-name": other_name},
    "joserfc": {
        "ed25519-name": other_name,
        "unknown-parameters": lambda header: bool(header.keys() - {"alg", "jku", "jwk", "x5u", "x5c", *TEXTS}),
        "unread-parameters": beyond_its_registry,
    },
    "fast-jwt": {"ed25519-name": other_name},
}


if __name__ == "__main__":
    main()
