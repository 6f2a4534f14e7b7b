// https://github.com/run-llama/LlamaIndexTS
import { OpenAI, OpenAIEmbedding } from "@llamaindex/openai";
import { FunctionTool } from "llamaindex";
import { ANSWER, CALL, HELLO, KEY, MODEL, PARAMETERS, RESULT, SIZE, URL, VECTORS, VECTORS_MODEL, run, same } from "./common.mjs";

const llm = new OpenAI({ model: MODEL, apiKey: KEY, baseURL: URL });
const messages = [{ role: "user", content: HELLO }];

await run({
  async chat() {
    same((await llm.chat({ messages })).message.content, ANSWER);
  },
  async stream() {
    let text = "";
    for await (const part of await llm.chat({ messages, stream: true })) text += part.delta;
    same(text, ANSWER);
  },
  async tools() {
    const weather = FunctionTool.from(() => RESULT, {
      name: "weather", description: "Tells the weather.", parameters: PARAMETERS,
    });
    const asked = [{ role: "user", content: CALL }];
    const { message } = await llm.chat({ messages: asked, tools: [weather] });
    const [call] = message.options.toolCall;
    const result = {
      role: "user", content: RESULT,
      options: { toolResult: { id: call.id, result: RESULT, isError: false } },
    };
    const told = await llm.chat({ messages: [...asked, message, result], tools: [weather] });
    same(told.message.content, ANSWER);
  },
  async embeddings() {
    const model = new OpenAIEmbedding({ model: VECTORS_MODEL, apiKey: KEY, baseURL: VECTORS });
    same((await model.getTextEmbedding(HELLO)).length, SIZE);
  },
});
