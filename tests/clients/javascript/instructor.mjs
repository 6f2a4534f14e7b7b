// https://github.com/instructor-ai/instructor-js
import Instructor from "@instructor-ai/instructor";
import OpenAI from "openai";
import { z } from "zod";
import { HELLO, KEY, MODEL, URL, run, same } from "./common.mjs";

const schema = z.object({ answer: z.string() });

async function extracted(mode) {
  const client = Instructor({ client: new OpenAI({ baseURL: URL, apiKey: KEY }), mode });
  const made = await client.chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: HELLO }],
    response_model: { schema, name: "Answer" },
  });
  same(made.answer, "stub");
}

await run({
  tools: () => extracted("TOOLS"),
  async "JSON schema"() {
    for (const mode of ["JSON_SCHEMA", "JSON"]) await extracted(mode);
  },
});
