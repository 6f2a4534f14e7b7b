"""The GPU under the name that chute.py files of earlier versions know."""

from chutekit.models.gpu import device as device
from chutekit.models.gpu import dtype as dtype
