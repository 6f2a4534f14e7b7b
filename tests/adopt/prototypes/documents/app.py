"""Reads documents: text, line by line."""
import base64
import io
from typing import Any, Dict, List, Optional

from pydantic import BaseModel, Field, model_validator
from starlette.responses import JSONResponse

import pages
from chutes.chute import Chute, NodeSelector
from chutes.image import Image

image = (
    Image("alice", "documents", "1.0")
    .from_base("parachutes/python:3.12.9")
    .add("requirements.txt", "/app/requirements.txt")
    .run_command("pip install -r /app/requirements.txt")
    .add("pages.py", "/app/pages.py")
)

chute = Chute("alice", "documents", image, node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=16), tee=True)


class DocumentRequest(BaseModel):
    pdf_b64: Optional[str] = None
    image_b64: Optional[str] = None
    max_pages: int = Field(default=5, ge=1, le=20)
    languages: List[str] = ["en"]

    @model_validator(mode="after")
    def one_of_both(self):
        if not (self.pdf_b64 or self.image_b64):
            raise ValueError("pdf_b64 or image_b64 is needed")
        return self


@chute.on_startup()
async def start(self):
    from rapidocr_onnxruntime import RapidOCR

    self.ocr = RapidOCR()


def read_page(ocr, picture) -> List[Dict[str, Any]]:
    import numpy

    found, _ = ocr(numpy.asarray(picture))
    return [{"text": text, "score": float(score)} for _, text, score in found or []]


@chute.cord(public_api_path="/documents/read", public_api_method="POST", output_content_type="application/json")
async def read(self, request: DocumentRequest):
    if request.pdf_b64:
        pictures = list(pages.render(base64.b64decode(request.pdf_b64), request.max_pages))
    else:
        from PIL import Image as PILImage

        pictures = [PILImage.open(io.BytesIO(base64.b64decode(request.image_b64)))]
    if not pictures:
        return JSONResponse(status_code=404, content={"detail": "no page"})
    return JSONResponse(content={"pages": [read_page(self.ocr, each) for each in pictures]})
