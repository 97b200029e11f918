// Runs jsii's kernel as the process that the JVM talks to. The launcher that jsii brings starts the kernel as a second
// node and relays every message between the two, which takes a sixth of a synth. bin/synth names this file to jsii:
// https://aws.github.io/jsii/user-guides/lib-user/configuration/
const fs = require("fs");

// The kernel reads and writes on descriptor 3, a socket to its launcher. Here these are standard input and output.
const { readSync, writeSync } = fs;
fs.readSync = (descriptor, ...others) => readSync(descriptor === 3 ? 0 : descriptor, ...others);
fs.writeSync = (descriptor, ...others) => writeSync(descriptor === 3 ? 1 : descriptor, ...others);
// What a library prints is none of the messages; the JVM passes on what comes on stderr.
process.stdout.write = process.stderr.write.bind(process.stderr);
// CDKTF keeps a stack trace of these calls with every token, and nobody reads it: jsii's and CDKTF's own lines.
Error.captureStackTrace = () => {};

require("../build/synth/software/amazon/jsii/lib/program.js");
