// What the programs of clients share; the same as common.py.
import assert from "node:assert/strict";

export const ROOT = process.env.CLIENT_CHUTE;
export const URL = `${ROOT}/v1`;
export const VECTORS = `${process.env.CLIENT_VECTORS}/v1`;
export const KEY = process.env.CLIENT_KEY;
export const MODEL = process.env.CLIENT_MODEL;
export const VECTORS_MODEL = process.env.CLIENT_VECTORS_MODEL;
export const SIZE = 1024;

export const HELLO = "Hello";
export const ANSWER = [0, 1, 2, 3, 4, 5, 6, 7].map((number) => `word${number}`).join(" ");
export const CALL = "stub: call=weather";
export const THINK = "stub: reason=2";
export const THOUGHT = "thought0 thought1";
export const RESULT = "It is sunny.";
export const PARAMETERS = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};
export const SCHEMA = {
  type: "object",
  properties: { answer: { type: "string" } },
  required: ["answer"],
  additionalProperties: false,
};

export function same(found, wanted) {
  assert.deepEqual(typeof found === "string" ? found.trim() : found, wanted);
}

export async function raises(kind, trial) {
  await assert.rejects(trial, (error) => error instanceof kind);
}

export async function textOf(stream) {
  let text = "";
  for await (const part of stream) text += part;
  return text;
}

export async function run(trials) {
  const told = {};
  for (const [name, trial] of Object.entries(trials)) {
    try {
      await trial();
      told[name] = "works";
    } catch (error) {
      const line = /[a-z_]+\.mjs:(\d+)/.exec(error.stack ?? "")?.[1];
      told[name] = `line ${line}: ${error?.name}: ${error?.message}`.slice(0, 1500);
    }
  }
  console.log(`\n${JSON.stringify(told)}`);
}
