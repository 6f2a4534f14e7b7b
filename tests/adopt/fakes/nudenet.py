"""In place of nudenet: finds by the size of a picture."""


class NudeDetector:
    """Always finds two things."""

    def detect(self, picture):
        width, height = picture.size
        return [
            {"class": "FACE", "score": 0.9, "box": [0, 0, width, height]},
            {"class": "FEET", "score": min(width, 100) / 200, "box": [0, 0, 1, 1]},
        ]
