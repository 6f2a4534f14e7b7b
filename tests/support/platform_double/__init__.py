"""A double of the Chutes platform's HTTP API that the real SDK's command line talks to.

It verifies real signatures, keeps images, chutes, keys and secrets, refuses what the platform
refuses, and lets deployed chutes answer through a gateway: their uploaded code runs on the real
SDK in development mode. Any request can be made to fail in any way.
"""

from support.platform_double.faults import Fault
from support.platform_double.server import Double
from support.platform_double.world import World

__all__ = ["Double", "Fault", "World"]
