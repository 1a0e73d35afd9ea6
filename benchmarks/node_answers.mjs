// Answers of an exported graph in JavaScript: node node_answers.mjs PACKAGE GRAPH WEIGHTS < TEXTS > ANSWERS
// TEXTS is a JSON list of batches, each a list of texts; ANSWERS a list of {output: {dims, data}} in the same order.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createRequire } from 'node:module';

const [name, graph, weights] = process.argv.slice(2);
const packages = createRequire(`${process.cwd()}/`);
const ort = packages(name);
const options = { logSeverityLevel: 3, executionProviders: [name.endsWith('web') ? 'wasm' : 'cpu'] };
let session;
if (name.endsWith('web')) {
  ort.env.wasm.numThreads = 1;
  options.externalData = [{ path: basename(weights), data: new Uint8Array(readFileSync(weights)) }];
  session = await ort.InferenceSession.create(new Uint8Array(readFileSync(graph)), options);
} else {
  session = await ort.InferenceSession.create(graph, options);
}
const answers = [];
for (const texts of JSON.parse(readFileSync(0, 'utf8'))) {
  const found = await session.run({ text: new ort.Tensor('string', texts, [texts.length]) });
  const plain = {};
  for (const [output, { dims, data }] of Object.entries(found)) {
    plain[output] = { dims: [...dims], data: Array.from(data, (value) => (typeof value === 'bigint' ? Number(value) : value)) };
  }
  answers.push(plain);
}
process.stdout.write(JSON.stringify(answers));
