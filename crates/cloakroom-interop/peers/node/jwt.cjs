// The Node libraries behind one interface: `node jwt.cjs LIBRARY COMMAND`, one JSON object a line in and one out. A line
// carries the key as a JWK beside what the driver's own lines have: `jws-sign` has `header` and `payload_b64`, `jws-verify`
// and `jwt-verify` have `token`, and `jwt-verify` has `policy`. What a library refuses, by whatever exception, is refused;
// so is a command for which it has no function.
"use strict";

const { createRequire } = require("node:module");
const crypto = require("node:crypto");
const path = require("node:path");
const readline = require("node:readline");
const { pathToFileURL } = require("node:url");

const folder = path.join(process.env.CLOAKROOM_PEERS, "node_modules") + path.sep;
const load = createRequire(folder);
const [library, command] = process.argv.slice(2);

// An Ed25519 key is used under both of its names (RFC 9864).
const names = ({ alg }) => (alg === "EdDSA" ? ["EdDSA", "Ed25519"] : [alg]);
const once = (make) => {
  const made = new Map();
  return (...given) => {
    const text = JSON.stringify(given);
    if (!made.has(text)) made.set(text, make(...given));
    return made.get(text);
  };
};
const keyObject = once((jwk) => {
  if (jwk.kty === "oct") return crypto.createSecretKey(jwk.k, "base64url");
  const made = jwk.d ? crypto.createPrivateKey : crypto.createPublicKey;
  return made({ key: jwk, format: "jwk" });
});

// Where `iat` is to be written from the clock unless told otherwise, otherwise would also drop the payload's own.
const json = (text) => JSON.parse(Buffer.from(text, "base64"));

const libraries = {
  async jose() {
    const jose = await import(pathToFileURL(load.resolve("jose")));
    const imported = once((jwk) => jose.importJWK(jwk, jwk.alg));
    return {
      "jwk-public": async ({ key }) => ({
        jwk: await jose.exportJWK(key.kty === "oct" ? keyObject(key) : crypto.createPublicKey(keyObject(key))),
      }),
      "jws-sign": async ({ key, header, payload_b64 }) => ({
        token: await new jose.CompactSign(Buffer.from(payload_b64, "base64"))
          .setProtectedHeader(header)
          .sign(await imported(key)),
      }),
      "jws-verify": async ({ key, token }) => {
        const { payload } = await jose.compactVerify(token, await imported(key), { algorithms: names(key) });
        return { payload_b64: Buffer.from(payload).toString("base64") };
      },
      "jwt-verify": async ({ key, token, policy }) => {
        const { payload } = await jose.jwtVerify(token, await imported(key), {
          algorithms: names(key),
          issuer: policy.iss,
          audience: policy.aud,
          typ: policy.typ ?? undefined,
          requiredClaims: ["exp"],
          currentDate: new Date(policy.now * 1000),
          clockTolerance: policy.leeway,
        });
        return { claims: payload };
      },
    };
  },

  async "fast-jwt"() {
    const { createSigner, createVerifier } = load("fast-jwt");
    // It takes a secret as octets and any other key as PEM.
    const text = (jwk) => {
      const key = keyObject(jwk);
      if (key.type === "secret") return key.export();
      return key.export({ format: "pem", type: key.type === "private" ? "pkcs8" : "spki" });
    };
    const verifier = once((key, policy) =>
      createVerifier({
        key: text(key),
        algorithms: names(key).filter((name) => name !== "Ed25519"),
        allowedIss: policy.iss,
        allowedAud: policy.aud,
        requiredClaims: ["exp", "iss", "aud"],
        clockTimestamp: policy.now * 1000,
        clockTolerance: policy.leeway * 1000,
      }),
    );
    const signer = once((key, header, noTimestamp) =>
      createSigner({ key: text(key), algorithm: key.alg, header, noTimestamp }),
    );
    return {
      "jws-sign": ({ key, header, payload_b64 }) => ({
        token: signer(key, header, !("iat" in json(payload_b64)))(json(payload_b64)),
      }),
      "jwt-verify": ({ key, token, policy }) => ({ claims: verifier(key, policy)(token) }),
    };
  },

  async jsonwebtoken() {
    const jsonwebtoken = load("jsonwebtoken");
    return {
      "jws-sign": ({ key, header, payload_b64 }) => ({
        token: jsonwebtoken.sign(json(payload_b64), keyObject(key), {
          algorithm: key.alg,
          header,
          noTimestamp: !("iat" in json(payload_b64)),
        }),
      }),
      "jwt-verify": ({ key, token, policy }) => ({
        claims: object(
          jsonwebtoken.verify(token, keyObject(key), {
            algorithms: names(key).filter((name) => name !== "Ed25519"),
            issuer: policy.iss,
            audience: policy.aud,
            clockTimestamp: policy.now,
            clockTolerance: policy.leeway,
          }),
        ),
      }),
    };
  },
};

// A payload that is no JSON object comes out as it is.
function object(claims) {
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) throw new TypeError("no object");
  return claims;
}

(async () => {
  const act = (await libraries[library]())[command];
  for await (const text of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const line = JSON.parse(text);
    let members;
    try {
      members = { ok: true, ...(await act(line)) };
    } catch {
      members = { ok: false };
    }
    process.stdout.write(JSON.stringify({ id: line.id, ...members }) + "\n");
  }
})();
