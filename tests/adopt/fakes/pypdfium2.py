"""In place of pypdfium2: every document has two pages."""

from PIL import Image


class _Page:
    def __init__(self, size):
        self.size = size

    def render(self, scale):
        return self

    def to_pil(self):
        return Image.new("RGB", self.size)


class PdfDocument:
    """As many pixels wide as the file has bytes."""

    def __init__(self, file):
        self.pages = [_Page((len(file.read()), 10)), _Page((20, 20))]

    def __len__(self):
        return len(self.pages)

    def __getitem__(self, number):
        return self.pages[number]
