// Preloaded into the node process of jsii (NODE_OPTIONS). The AWS provider's lib/index.js loads the bindings of all
// services, some 900 modules; the lib/lazy-index.js beside it loads each when it is first used. Where a version of the
// provider has no such file, the eager one is used.
const Module = require("module");
const fs = require("fs");
const path = require("path");

const EAGER = path.join("@cdktf", "provider-aws", "lib", "index.js");
const resolveFilename = Module._resolveFilename;

Module._resolveFilename = function (...request) {
  const file = resolveFilename.apply(this, request);
  if (!file.endsWith(EAGER)) {
    return file;
  }
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};
