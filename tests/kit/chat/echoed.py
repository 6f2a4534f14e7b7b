"""What clients send in a second turn: what they got, and notes of their own."""

USER = {"role": "user", "content": "Hello"}
CALL = {"id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def echoed(**fields: object) -> dict[str, object]:
    """A second turn, after an answer as some client sends it back."""
    return {"messages": [USER, {"role": "assistant"} | fields, USER]}


#: What clients echo and add, by who does: none of it is the engine's business.
ECHOED = {
    "litellm, after any answer": echoed(content="x", provider_specific_fields={"refusal": None}),
    "litellm, after reasoning": echoed(
        content=None, reasoning_content="hm", thinking_blocks=[{"type": "thinking"}]
    ),
    "openai-python, after parse": echoed(content="{}", parsed={"answer": 1}),
    "openai-python, a parsed call": echoed(
        tool_calls=[CALL | {"function": {**CALL["function"], "parsed_arguments": {}}}]
    ),
    "openai-python, everything it dumps": echoed(
        content="x", refusal=None, annotations=[], audio=None, function_call=None, tool_calls=None
    ),
    "openrouter's fields": echoed(content="x", reasoning="hm", reasoning_details=[{"x": 1}]),
    "pictures of an answer": echoed(content="x", images=[{"url": "data:"}], audio={"id": "1"}),
    "an answer cut short": echoed(),
    "cache marks": {
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}],
                "cache_control": {"type": "ephemeral"},
            }
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "cache_control": {"type": "ephemeral"}},
                "cache_control": {"type": "ephemeral"},
            }
        ],
        "tool_choice": "none",
    },
}
