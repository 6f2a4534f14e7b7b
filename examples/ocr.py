class Model:
    """RapidOCR: finds lines of text, turns them upright and reads them."""

    def __init__(self, folders: Folders) -> None:
        from rapidocr_onnxruntime import RapidOCR

        self.ocr = RapidOCR()

    def read(self, request: ReadRequest, on_step: OnStep) -> ReadAnswer:
        """Read a picture, line by line."""
        import numpy

        # Its colours in the order of OpenCV.
        picture = numpy.asarray(request.image_b64.open())[:, :, ::-1]
        found, _ = self.ocr(picture)
        sure = [(text, float(score)) for _, text, score in found or [] if score >= request.sure]
        return ReadAnswer(lines=[text for text, _ in sure], scores=[score for _, score in sure])
