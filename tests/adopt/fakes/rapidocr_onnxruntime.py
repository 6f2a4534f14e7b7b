"""In place of rapidocr-onnxruntime: reads the shape of a picture."""


class RapidOCR:
    """Finds a line for each channel."""

    def __call__(self, picture):
        lines = [[[0, 0], f"channel {n} of {picture.shape[1]}", 0.5 + n / 10] for n in range(3)]
        return lines, 0.01
