"""Pages of a document as pictures."""

import io

import pypdfium2


def render(content: bytes, most: int):
    """The first pages, at 150 dots to the inch."""
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    for number in range(min(len(document), most)):
        yield document[number].render(scale=150 / 72).to_pil()
