from chutes.chute import Chute
from chutes.image import Image

image = Image(username="a-lice_1", name="demo", tag="1.0", readme="A demo.")
chute = Chute(username="a-lice_1", name="demo", image=image)
