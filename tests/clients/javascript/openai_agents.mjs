// https://github.com/openai/openai-agents-js
import {
  Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run as runAgent, setTracingDisabled, tool,
} from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { ANSWER, CALL, HELLO, KEY, MODEL, RESULT, URL, run, same } from "./common.mjs";

setTracingDisabled(true);
const client = new OpenAI({ baseURL: URL, apiKey: KEY });
const chat = new OpenAIChatCompletionsModel(client, MODEL);
const responses = new OpenAIResponsesModel(client, MODEL);
const weather = tool({
  name: "weather",
  description: "Tells the weather.",
  parameters: z.object({ city: z.string() }),
  execute: async () => RESULT,
});
const outputType = z.object({ answer: z.string() });

async function plain(model) {
  const agent = new Agent({ name: "clerk", model });
  same((await runAgent(agent, HELLO)).finalOutput, ANSWER);
  const streamed = await runAgent(agent, HELLO, { stream: true });
  await streamed.completed;
  same(streamed.finalOutput, ANSWER);
}

async function twoTurns(model) {
  const agent = new Agent({ name: "clerk", model, tools: [weather] });
  same((await runAgent(agent, CALL)).finalOutput, ANSWER);
  const streamed = await runAgent(agent, CALL, { stream: true });
  await streamed.completed;
  same(streamed.finalOutput, ANSWER);
}

async function shaped(model) {
  const agent = new Agent({ name: "clerk", model, outputType });
  same((await runAgent(agent, HELLO)).finalOutput, { answer: "stub" });
}

await run({
  chat: () => plain(chat),
  tools: () => twoTurns(chat),
  "JSON schema": () => shaped(chat),
  async responses() {
    await plain(responses);
    await shaped(responses);
  },
  "responses, tools": () => twoTurns(responses),
});
