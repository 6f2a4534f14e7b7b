"""The type of `on_step` under the name that chute.py files of earlier versions know."""

from chutekit.models.worker import OnStep as OnStep
