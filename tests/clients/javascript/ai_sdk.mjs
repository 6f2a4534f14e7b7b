// https://github.com/vercel/ai
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import {
  ANSWER, CALL, HELLO, KEY, MODEL, RESULT, SIZE, THINK, THOUGHT, URL, VECTORS, VECTORS_MODEL, run, same, textOf,
} from "./common.mjs";

const chute = createOpenAICompatible({ name: "chute", baseURL: URL, apiKey: KEY });
const schema = z.object({ answer: z.string() });
const chat = chute(MODEL);
const responses = createOpenAI({ baseURL: URL, apiKey: KEY })(MODEL);
const anthropic = createAnthropic({ baseURL: URL, authToken: KEY })(MODEL);
const weather = tool({
  description: "Tells the weather.",
  inputSchema: z.object({ city: z.string() }),
  execute: async () => RESULT,
});
const user = (content) => ({ role: "user", content });

async function twoTurns(model) {
  const asked = { model, tools: { weather }, prompt: CALL, stopWhen: stepCountIs(2) };
  const made = await generateText(asked);
  same(made.text, ANSWER);
  same(made.steps[0].toolResults[0].output, RESULT);
  same(await textOf(streamText(asked).textStream), ANSWER);
}

async function converse(model) {
  const first = await generateText({ model, prompt: THINK });
  same(first.reasoningText, THOUGHT);
  const messages = [user(THINK), ...first.response.messages, user(HELLO)];
  same((await generateText({ model, messages })).text, ANSWER);
}

async function shaped(model, mode) {
  same((await generateObject({ model, schema, prompt: HELLO, mode })).object, { answer: "stub" });
}

await run({
  async chat() {
    same((await generateText({ model: chat, system: "Be short.", prompt: HELLO })).text, ANSWER);
  },
  async stream() {
    same(await textOf(streamText({ model: chat, prompt: HELLO }).textStream), ANSWER);
  },
  tools: () => twoTurns(chat),
  async "JSON schema"() {
    await shaped(chat);
    const strict = createOpenAICompatible({
      name: "chute", baseURL: URL, apiKey: KEY, supportsStructuredOutputs: true,
    });
    await shaped(strict(MODEL));
  },
  reasoning: () => converse(chat),
  async completions() {
    const model = chute.completionModel(MODEL);
    same((await generateText({ model, prompt: HELLO })).text, ANSWER);
    same(await textOf(streamText({ model, prompt: HELLO }).textStream), ANSWER);
  },
  async responses() {
    same((await generateText({ model: responses, prompt: HELLO })).text, ANSWER);
    same(await textOf(streamText({ model: responses, prompt: HELLO }).textStream), ANSWER);
    await shaped(responses);
  },
  "responses, tools": () => twoTurns(responses),
  async messages() {
    same((await generateText({ model: anthropic, prompt: HELLO })).text, ANSWER);
    same(await textOf(streamText({ model: anthropic, prompt: HELLO }).textStream), ANSWER);
    await converse(anthropic);
    await shaped(anthropic);
  },
  "messages, tools": () => twoTurns(anthropic),
  async embeddings() {
    const vectors = createOpenAICompatible({ name: "chute", baseURL: VECTORS, apiKey: KEY });
    const model = vectors.embeddingModel(VECTORS_MODEL);
    const made = await embedMany({ model, values: [HELLO, "Good morning"] });
    same(made.embeddings.map((found) => found.length), [SIZE, SIZE]);
  },
});
