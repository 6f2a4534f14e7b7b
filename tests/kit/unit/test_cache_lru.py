"""The cache in memory: bounded in bytes, and the least recently used go first."""

from chutekit.caches.lru import ENTRY_OVERHEAD_BYTES, Cache

ROOM = 1000 - ENTRY_OVERHEAD_BYTES - len("a")


def test_a_value_is_remembered_until_it_is_replaced() -> None:
    cache = Cache()
    assert cache.get("a") is None
    cache.put("a", b"1")
    cache.put("a", b"2")
    assert cache.get("a") == b"2"


def test_the_least_recently_used_values_make_room() -> None:
    cache = Cache(max_bytes=3000)
    for key in "abc":
        cache.put(key, bytes(ROOM))
    cache.get("a")
    cache.put("d", bytes(ROOM))
    assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]


def test_the_bound_holds_whatever_is_put() -> None:
    cache = Cache(max_bytes=5000)
    for number in range(1000):
        cache.put(str(number % 70), bytes(number % 4000))
        assert cache.bytes <= cache.max_bytes
    assert cache.bytes > 0


def test_a_value_larger_than_the_cache_is_not_kept_and_costs_nothing_else() -> None:
    cache = Cache(max_bytes=1000)
    cache.put("a", b"small")
    cache.put("b", bytes(1000))
    assert cache.get("a") == b"small"
    assert cache.get("b") is None
