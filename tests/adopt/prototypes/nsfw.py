from chutes.chute import Chute, NodeSelector
from chutes.image import Image
import base64, io

USERNAME="alice"; NAME = "nsfw-check"

img = (Image(username=USERNAME, name=NAME, tag="latest")
  .from_base("parachutes/python:3.12")
  .apt_install(["libgl1", "libgomp1"])
  .run_command("pip install nudenet==3.4.2 pillow && mkdir -p /tmp/x")
  .run_command("wget https://example.com/model.onnx -O /app/model.onnx"))

chute = Chute(username=USERNAME, name=NAME, image=img, tee=True, max_instances=5,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=16, include=["pro_6000"], exclude=["mi300x"]))

detector = None

# all of it in one place
@chute.on_startup()
def init(self):
    global detector
    from nudenet import NudeDetector
    detector = NudeDetector()   # brings its own weights

@chute.cord(public_api_path="/classify", method="POST")
def classify(self, data):
    from PIL import Image as PILImage
    if "image_b64" not in data:
        return {"error": "image_b64 is missing"}
    raw = base64.b64decode(data["image_b64"])
    threshold = float(data.get("threshold", 0.4)); keep = data.get("classes") or []
    picture = PILImage.open(io.BytesIO(raw)).convert("RGB")
    found = detector.detect(picture)
    labels = [f["class"] for f in found if f["score"] >= threshold and (not keep or f["class"] in keep)]
    # an answer like that of the old service
    return {"nsfw": len(labels) > 0, "labels": labels, "size": list(picture.size)}
