// https://github.com/langchain-ai/langchainjs
import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { z } from "zod";
import {
  ANSWER, CALL, HELLO, KEY, MODEL, RESULT, ROOT, SIZE, THINK, URL, VECTORS, VECTORS_MODEL, run, same,
} from "./common.mjs";

const access = { model: MODEL, apiKey: KEY, configuration: { baseURL: URL } };
const chat = new ChatOpenAI(access);
const schema = z.object({ answer: z.string() });
const weather = tool(async () => RESULT, {
  name: "weather",
  description: "Tells the weather.",
  schema: z.object({ city: z.string() }),
});

async function streamed(model) {
  let text = "";
  for await (const part of await model.stream(HELLO)) text += part.text ?? part;
  same(text, ANSWER);
}

async function twoTurns(model) {
  const bound = model.bindTools([weather]);
  const first = await bound.invoke([new HumanMessage(CALL)]);
  const [call] = first.tool_calls;
  same(call.args, { city: "stub" });
  const result = new ToolMessage({ content: RESULT, tool_call_id: call.id });
  same((await bound.invoke([new HumanMessage(CALL), first, result])).text, ANSWER);
}

async function converse(model) {
  const first = await model.invoke(THINK);
  const history = [new HumanMessage(THINK), first, new HumanMessage(HELLO)];
  same((await model.invoke(history)).text, ANSWER);
}

const newer = new ChatOpenAI({ ...access, useResponsesApi: true });
// Its key goes where the platform does not look, unless told otherwise.
const anthropic = new ChatAnthropic({
  model: MODEL,
  apiKey: KEY,
  anthropicApiUrl: ROOT,
  maxTokens: 64,
  clientOptions: { defaultHeaders: { Authorization: `Bearer ${KEY}` } },
});

await run({
  async chat() {
    same((await chat.invoke(HELLO)).content, ANSWER);
  },
  stream: () => streamed(chat),
  tools: () => twoTurns(chat),
  async "JSON schema"() {
    for (const method of ["jsonSchema", "functionCalling", "jsonMode"]) {
      const structured = chat.withStructuredOutput(schema, { method, name: "reply" });
      same(await structured.invoke(HELLO), { answer: "stub" });
    }
  },
  reasoning: () => converse(chat),
  async completions() {
    const model = new OpenAI(access);
    same(await model.invoke(HELLO), ANSWER);
    await streamed(model);
  },
  async responses() {
    same((await newer.invoke(HELLO)).text, ANSWER);
    await streamed(newer);
    await converse(newer);
  },
  "responses, tools": () => twoTurns(newer),
  async messages() {
    same((await anthropic.invoke(HELLO)).text, ANSWER);
    await streamed(anthropic);
    await converse(anthropic);
  },
  "messages, tools": () => twoTurns(anthropic),
  async embeddings() {
    const embeddings = { model: VECTORS_MODEL, apiKey: KEY, configuration: { baseURL: VECTORS } };
    const model = new OpenAIEmbeddings(embeddings);
    same((await model.embedQuery(HELLO)).length, SIZE);
    same((await model.embedDocuments([HELLO, "Good morning"])).length, 2);
  },
});
