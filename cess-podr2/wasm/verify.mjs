// The test vectors through the verifier in WebAssembly. `node verify.mjs MODULE VECTORS`
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [modulePath, vectors] = process.argv.slice(2);
const code = readFileSync(modulePath);
const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(code), {});
const hex = (text) => Buffer.from(text, "hex");
const numbers = (...values) => {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => out.writeUInt32LE(value, 4 * at));
  return out;
};

function fragment({ key_id, sectors, root, len, replica }) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(len));
  return Buffer.concat([hex(key_id), numbers(sectors), hex(root), length, numbers(replica)]);
}

function verdict(check, keys, { holding, challenge, proof }) {
  const bytes = Buffer.concat([
    hex(challenge),
    numbers(keys.length, holding.length),
    ...keys.map(hex),
    ...holding.map(fragment),
    hex(proof),
  ]);
  // Asked first: the memory may grow, and then it is another buffer.
  const place = exports.request(bytes.length);
  new Uint8Array(exports.memory.buffer, place, bytes.length).set(bytes);
  // Time of the processor: what else runs on the machine doesn't count.
  const started = process.cpuUsage();
  const verdict = check();
  const { user, system } = process.cpuUsage(started);
  return [verdict, (user + system) / 1000];
}

let wrong = 0;
const expect = (why, got, expected) => {
  if (got !== expected) {
    wrong += 1;
    console.error(`${why}: ${got}, ${expected} was expected`);
  }
};
const times = {};
for (const [file, check] of [["proofs.json", exports.check], ["blinded.json", exports.check_blinded]]) {
  const { pass, fail } = JSON.parse(readFileSync(join(vectors, file)));
  for (const { why, public_keys, stored, challenge, proof } of pass) {
    const claim = { holding: stored.map((part) => part.fragment), challenge, proof };
    expect(`${file}: ${why}`, verdict(check, public_keys, claim)[0], 0);
    const runs = Array.from({ length: 5 }, () => verdict(check, public_keys, claim)[1]).sort((a, b) => a - b);
    times[`${file}: ${why}`] = runs[2];
    // Either kind is refused by the other's check.
    const other = check === exports.check ? exports.check_blinded : exports.check;
    expect(`${file}: ${why}, as the other kind`, verdict(other, public_keys, claim)[0], 1);
  }
  for (const { why, public_keys, claim } of fail) {
    const [got] = verdict(check, public_keys, claim);
    expect(`${file}: ${why}`, got === 0 ? 0 : 1, 1);
  }
  console.log(`${file}: ${pass.length} hold, ${fail.length} are refused`);
}
exports.request(3);
expect("a request that is cut", exports.check(), 2);
for (const why of ["proofs.json: one key, every block", "proofs.json: three keys, every block", "blinded.json: one key, every block", "blinded.json: three keys, every block"]) {
  console.log(`${why}: ${times[why].toFixed(1)} ms`);
}
const [few, many] = ["proofs.json: one byte", "proofs.json: one key, every block"].map((why) => times[why]);
// 4 + 2 + 1 blocks beside one.
console.log(`a sample more: ${((many - few) / 6).toFixed(2)} ms; module: ${code.length} bytes`);
process.exit(wrong === 0 ? 0 : 1);
