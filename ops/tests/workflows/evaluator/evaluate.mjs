// Evaluates workflow expressions by GitHub's own package: a line of JSON in, a line of JSON out, until the input ends.
// In: {text, contexts, given, failed}; out: {value, string, truthy}, or {error}. Usage: node evaluate.mjs <node_modules>
import {createInterface} from "node:readline";
import {pathToFileURL} from "node:url";

const {data, Evaluator, Lexer, Parser} = await import(
  pathToFileURL(`${process.argv[2]}/@actions/expressions/dist/index.js`)
);

/** A context whose values the caller has to give: on GitHub a missing one would be there, or be empty. */
class Given extends data.Dictionary {
  constructor(path, ...pairs) {
    super(...pairs);
    this.path = path;
  }

  get(key) {
    const value = super.get(key);
    if (value === undefined) throw new Error(`needs a value: --set ${this.path}.${key}=…`);
    return value;
  }
}

function converted(value, path) {
  if (path === undefined || value === null || typeof value !== "object" || Array.isArray(value)) {
    return JSON.parse(JSON.stringify(value), data.reviver);
  }
  return new Given(path, ...Object.entries(value).map(([key, each]) => ({key, value: converted(each, `${path}.${key}`)})));
}

// The runner brings these, not the language.
function statusFunctions(failed) {
  const values = {success: !failed, failure: failed, always: true, cancelled: false};
  return Object.entries(values).map(([name, value]) => ({
    name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value),
  }));
}

function evaluate({text, contexts, given, failed}) {
  const functions = statusFunctions(failed);
  const tree = new Parser(new Lexer(text).lex().tokens, Object.keys(contexts), functions).parse();
  if (tree === undefined) throw new Error("is empty.");
  const pairs = Object.entries(contexts).map(([key, value]) => ({
    key, value: converted(value, given.includes(key) ? key : undefined),
  }));
  const result = new Evaluator(
    tree, new data.Dictionary(...pairs), new Map(functions.map((each) => [each.name, each])),
  ).evaluate();
  const value = JSON.parse(JSON.stringify(result, data.replacer));
  return {value, string: result.coerceString(), truthy: ![null, false, 0, ""].includes(value)};
}

for await (const line of createInterface({input: process.stdin})) {
  let answer;
  try {
    answer = evaluate(JSON.parse(line));
  } catch (error) {
    answer = {error: error.message};
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
