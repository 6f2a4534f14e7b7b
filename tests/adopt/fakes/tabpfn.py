"""In place of tabpfn: the mean of the labels and the day."""

import numpy as np


class TabPFNRegressor:
    """Knows one option."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def fit(self, frame, labels):
        self.mean = sum(labels) / len(labels)

    def predict(self, frame):
        return np.array([self.scale * self.mean + row["day"] % 7 for row in frame.rows])
