// OpenAI's own client: https://github.com/openai/openai-node
import OpenAI from "openai";
import {
  ANSWER, CALL, HELLO, KEY, MODEL, PARAMETERS, RESULT, SCHEMA, SIZE, THINK, THOUGHT, URL, VECTORS, VECTORS_MODEL,
  raises, run, same,
} from "./common.mjs";

const client = new OpenAI({ baseURL: URL, apiKey: KEY });
const messages = [{ role: "user", content: HELLO }];
const calling = [{ role: "user", content: CALL }];
const weather = { name: "weather", parameters: PARAMETERS };
const tools = [{ type: "function", function: weather }];

async function finish(message) {
  const [call] = message.tool_calls;
  same(JSON.parse(call.function.arguments), { city: "stub" });
  const result = { role: "tool", tool_call_id: call.id, content: RESULT };
  const history = [...calling, message, result];
  const told = await client.chat.completions.create({ model: MODEL, messages: history, tools });
  same(told.choices[0].message.content, ANSWER);
}

await run({
  async models() {
    const [found] = (await client.models.list()).data;
    const made = await client.chat.completions.create({ model: found.id, messages });
    same(made.choices[0].message.content, ANSWER);
  },
  async chat() {
    const made = await client.chat.completions.create({ model: MODEL, messages });
    same(made.choices[0].message.content, ANSWER);
  },
  async stream() {
    let text = "";
    const parts = await client.chat.completions.create({ model: MODEL, messages, stream: true });
    for await (const part of parts) text += part.choices[0]?.delta?.content ?? "";
    same(text, ANSWER);
    const runner = client.chat.completions.stream({ model: MODEL, messages });
    const message = (await runner.finalChatCompletion()).choices[0].message;
    const history = [...messages, message, ...messages];
    const told = await client.chat.completions.create({ model: MODEL, messages: history });
    same(told.choices[0].message.content, ANSWER);
  },
  async tools() {
    const asked = { model: MODEL, messages: calling, tools };
    await finish((await client.chat.completions.create(asked)).choices[0].message);
    const strict = { ...weather, strict: true };
    strict.parameters = { ...PARAMETERS, additionalProperties: false };
    const parsed = { ...asked, tools: [{ type: "function", function: strict }] };
    await finish((await client.chat.completions.parse(parsed)).choices[0].message);
  },
  async "tools, streamed"() {
    const runner = client.chat.completions.stream({ model: MODEL, messages: calling, tools });
    await finish((await runner.finalChatCompletion()).choices[0].message);
    const ran = client.chat.completions.runTools({
      model: MODEL,
      messages: calling,
      tools: [
        { type: "function", function: { ...weather, function: () => RESULT, parse: JSON.parse } },
      ],
    });
    same(await ran.finalContent(), ANSWER);
  },
  async "JSON schema"() {
    const response_format = {
      type: "json_schema",
      json_schema: { name: "reply", strict: true, schema: SCHEMA },
    };
    const asked = { model: MODEL, messages, response_format };
    const { message } = (await client.chat.completions.parse(asked)).choices[0];
    same(message.parsed, { answer: "stub" });
    const history = [...messages, message, ...messages];
    await client.chat.completions.create({ model: MODEL, messages: history });
  },
  async reasoning() {
    const asked = [{ role: "user", content: THINK }];
    const made = await client.chat.completions.create({
      model: MODEL, messages: asked, reasoning_effort: "high",
    });
    const { message } = made.choices[0];
    same(message.reasoning, THOUGHT);
    const history = [...asked, message, ...messages];
    await client.chat.completions.create({ model: MODEL, messages: history });
  },
  async completions() {
    const made = await client.completions.create({ model: MODEL, prompt: HELLO });
    same(made.choices[0].text, ANSWER);
  },
  async responses() {
    same((await client.responses.create({ model: MODEL, input: HELLO })).output_text, ANSWER);
    const input = [{ role: "user", content: THINK }];
    const stream = client.responses.stream({ model: MODEL, input, reasoning: { effort: "low" } });
    const answer = await stream.finalResponse();
    same(answer.output_text, ANSWER);
    const history = [...input, ...answer.output, ...messages];
    same((await client.responses.create({ model: MODEL, input: history })).output_text, ANSWER);
  },
  async "responses, tools"() {
    const asked = { model: MODEL, input: calling, tools: [{ type: "function", ...weather }] };
    const [call] = (await client.responses.create(asked)).output;
    const result = { type: "function_call_output", call_id: call.call_id, output: RESULT };
    const input = [...calling, call, result];
    same((await client.responses.create({ ...asked, input })).output_text, ANSWER);
  },
  async embeddings() {
    const vectors = new OpenAI({ baseURL: VECTORS, apiKey: KEY });
    const made = await vectors.embeddings.create({ model: VECTORS_MODEL, input: [HELLO, "Good morning"] });
    same(made.data.map((found) => found.embedding.length), [SIZE, SIZE]);
  },
  async mistakes() {
    await raises(OpenAI.BadRequestError, () =>
      client.chat.completions.create({ model: VECTORS_MODEL, messages, n: 1000 }),
    );
  },
});
