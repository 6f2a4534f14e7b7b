from chutes.chute import Chute
from chutes.image import Image

image = Image(username="al", name="demo", tag="1.0", readme="A demo.")  # expect
chute = Chute(username="a-lice_1", name="demo", image=image)
