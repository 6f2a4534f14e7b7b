"""Rerankers that are language models underneath.

Such a model is asked about each pair whether the document answers the query, in words that it was
trained with, and how much likelier it is to go on with yes than with no is the score.
"""

from __future__ import annotations

from chutekit.engines.engine import Judge

#: Qwen3-Reranker, in the words of its model card; a query may come with an instruction of its own.
#: Braces have no spaces inside: those that do are of the template that writes this repository.
QWEN3 = Judge(
    architecture="Qwen3ForSequenceClassification",
    answers=("no", "yes"),
    template=(
        "<|im_start|>system\n"
        "Judge whether the Document meets the requirements based on the Query and the Instruct "
        'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
        "<|im_start|>user\n"
        "<Instruct>: {{instruction | default('Given a web search query, retrieve relevant "
        "passages that answer the query', true)}}\n"
        "<Query>: {{messages[0].content}}\n"
        "<Document>: {{messages[1].content}}<|im_end|>\n"
        "<|im_start|>assistant\n"
        # A template loses the line break that it ends in.
        "<think>\n\n</think>\n\n{{''}}"
    ),
)
