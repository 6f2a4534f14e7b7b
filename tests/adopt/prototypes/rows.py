"""Predictions for tables: rows are dicts, as data frames have them."""

from datetime import date
from typing import Any, Dict, List, Union

from chutes.chute import Chute, NodeSelector
from chutes.image import Image
from pydantic import BaseModel, Field


class Row(BaseModel):
    day: date
    features: Dict[str, Union[float, str]]


class TableRequest(BaseModel):
    train: List[Row]
    labels: List[float]
    test: List[Row] = Field(..., min_length=1)
    options: Dict[str, Any] = Field(default_factory=dict)


class TableResponse(BaseModel):
    predictions: List[float]


image = (
    Image(username="alice", name="rows", tag="5")
    .from_base("parachutes/python:3.12.9")
    .run_command("pip install tabpfn==6.0.6 pandas==3.0.1")
)
chute = Chute(
    username="alice",
    name="rows",
    image=image,
    node_selector=NodeSelector(gpu_count=1, min_vram_gb_per_gpu=16, include=["pro_6000"]),
    tee=True,
)


@chute.cord(public_api_path="/predict", public_api_method="POST", output_content_type="application/json")
async def predict(self, request: TableRequest) -> Dict[str, Any]:
    import pandas
    from tabpfn import TabPFNRegressor

    def frame(rows):
        return pandas.DataFrame([{"day": row.day.toordinal(), **row.features} for row in rows])

    model = TabPFNRegressor(**request.options)
    model.fit(frame(request.train), request.labels)
    return TableResponse(predictions=model.predict(frame(request.test)).tolist()).model_dump()
