// Makes cookies.json: session cookies by the code of NextAuth.js 4 and of Auth.js 5 themselves, so that the
// tests need no JavaScript. Run in an empty directory that holds a copy of this file:
//
//     npm install --legacy-peer-deps next-auth@4.24.15 @auth/core@0.41.3
//     node make.mjs > cookies.json
//
// npm refuses the two together without that option: next-auth 4 names an older @auth/core as its peer, for
// adapters, which are not used here. Every run makes other cookies, as each holds random bytes and the time.

import { createRequire } from "node:module";
import { encode as encode5 } from "@auth/core/jwt";
// By path, because neither package exports the class that splits a long cookie.
import { SessionStore as SessionStore5 } from "./node_modules/@auth/core/lib/utils/cookie.js";

const require = createRequire(import.meta.url);
const { encode: encode4 } = require("next-auth/jwt");
const { SessionStore: SessionStore4 } = require("./node_modules/next-auth/core/lib/cookie.js");
const versionOf = (name) => require(`./node_modules/${name}/package.json`).version;

const YEAR = 365 * 24 * 60 * 60;
const secrets = {
  new: "tests-only-the-new-secret-of-the-application",
  old: "tests-only-the-old-secret-of-the-application",
};
const WRONG = "tests-only-a-secret-that-is-in-no-settings";

const logger = { debug() {} }; // it is told about every cookie that is split
const LIBRARIES = {
  v4: {
    cookie: "next-auth.session-token",
    encode: (name, options) => encode4(options),
    store: (option) => new SessionStore4(option, { cookies: {} }, logger),
  },
  v5: {
    cookie: "authjs.session-token",
    // As @auth/core calls it: the name of the cookie is the salt.
    encode: (name, options) => encode5({ ...options, salt: name }),
    store: (option) => new SessionStore5(option, {}, logger),
  },
};

// What an application stands to put into a token beside the id of the user.
const person = { name: "Zoë 李", email: "zoe@example.com" };
const CASES = {
  right: {},
  stranger: { token: { sub: "user-456" } },
  disabled: { token: { sub: "disabled" } },
  unknown: { token: { sub: "nobody" } },
  no_sub: { token: { sub: undefined } },
  number_sub: { token: { sub: 123 } },
  old_secret: { secret: secrets.old },
  wrong_secret: { secret: WRONG },
  expired: { maxAge: -YEAR },
  chunked: { token: { picture: "x".repeat(5000) } }, // more than one cookie may hold
};

async function cookies({ cookie, encode, store }, secure, options) {
  const { token, secret = secrets.new, maxAge = 100 * YEAR } = options;
  const name = (secure ? "__Secure-" : "") + cookie;
  const value = await encode(name, { token: { ...person, sub: "user-123", ...token }, secret, maxAge });
  const made = store({ name, options: {} }).chunk(value, {});
  return Object.fromEntries(made.map((each) => [each.name, each.value]));
}

const made = {
  versions: { "next-auth": versionOf("next-auth"), "@auth/core": versionOf("@auth/core") },
  secrets,
};
for (const [version, library] of Object.entries(LIBRARIES)) {
  made[version] = {};
  for (const [name, options] of Object.entries(CASES)) {
    const secureName = name === "right" ? "secure" : `secure_${name}`;
    made[version][name] = await cookies(library, false, options);
    made[version][secureName] = await cookies(library, true, options);
  }
}
console.log(JSON.stringify(made, null, 2));
