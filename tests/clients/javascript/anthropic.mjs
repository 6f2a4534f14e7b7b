// Anthropic's own client: https://github.com/anthropics/anthropic-sdk-typescript
import Anthropic from "@anthropic-ai/sdk";
import {
  ANSWER, CALL, HELLO, KEY, MODEL, PARAMETERS, RESULT, ROOT, THINK, raises, run, same,
} from "./common.mjs";

const client = new Anthropic({ baseURL: ROOT, authToken: KEY });
const messages = [{ role: "user", content: HELLO }];
const said = { model: MODEL, max_tokens: 64, messages };

await run({
  async messages() {
    same((await client.messages.create(said)).content[0].text, ANSWER);
  },
  async stream() {
    same(await client.messages.stream(said).finalText(), ANSWER);
  },
  async "messages, tools"() {
    const tools = [
      { name: "weather", description: "Tells the weather.", input_schema: PARAMETERS },
    ];
    const asked = { role: "user", content: CALL };
    const { content } = await client.messages
      .stream({ ...said, tools, messages: [asked] })
      .finalMessage();
    same(content[0].input, { city: "stub" });
    const result = { type: "tool_result", tool_use_id: content[0].id, content: RESULT };
    const history = [asked, { role: "assistant", content }, { role: "user", content: [result] }];
    const told = await client.messages.create({ ...said, tools, messages: history });
    same(told.content[0].text, ANSWER);
  },
  async reasoning() {
    const asked = { role: "user", content: THINK };
    const thinking = { type: "enabled", budget_tokens: 1024 };
    const settings = { ...said, max_tokens: 2048, thinking };
    const { content } = await client.messages.create({ ...settings, messages: [asked] });
    same(content.map((block) => block.type), ["thinking", "text"]);
    const history = [asked, { role: "assistant", content }, ...messages];
    same((await client.messages.create({ ...settings, messages: history })).content.at(-1).text, ANSWER);
  },
  async tokens() {
    same((await client.messages.countTokens({ model: MODEL, messages })).input_tokens, 1);
  },
  async mistakes() {
    await raises(Anthropic.BadRequestError, () =>
      client.messages.create({ ...said, max_tokens: 0 }),
    );
  },
});
