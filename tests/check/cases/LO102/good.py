import logging
from chutes.chute import Chute

logging.basicConfig(level='INFO')
log = logging.getLogger(__name__)
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def tell():
    log.info('ready')
