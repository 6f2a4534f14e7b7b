"""The GPU's thread: one inference at a time, and what becomes of its failures."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from chutekit.models import gpu, worker
from chutekit.models.gpu import Fault
from chutekit.models.worker import OnStep, Worker
from chutekit.serving.contract import Exchange, Job
from chutekit.serving.errors import Refusal
from chutekit.serving.instance import Instance, Phase


class OutOfMemory(Exception):
    """Stands in for PyTorch's error."""


class DeviceLost(Exception):
    """Stands in for a CUDA error."""


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Instance:
    """An instance that is ready, and would not end this process."""
    faults = {OutOfMemory: Fault.OUT_OF_MEMORY, DeviceLost: Fault.LOST}
    monkeypatch.setattr(gpu, "fault", lambda error: faults.get(type(error)))
    # Garbage of all tests before would be looked for, at each shortage.
    monkeypatch.setattr(gpu.gc, "collect", lambda: 0)
    instance = Instance(concurrency=1)
    monkeypatch.setattr(instance, "end", lambda status: None)
    instance.ready()
    return instance


def job(seconds: float = 1000) -> Job:
    """A request somebody waits for, with so much of its time left."""
    return Job(request=None, exchange=Exchange("test", deadline=time.monotonic() + seconds))


def test_inferences_never_overlap(instance: Instance) -> None:
    at_work, most = 0, 0

    def infer(on_step: OnStep) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        time.sleep(0.01)
        at_work -= 1

    busy = Worker(instance, seconds=10)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: busy.run(job(), 1, infer), range(16)))
    assert most == 1


def test_a_request_that_takes_too_long_is_given_up(instance: Instance) -> None:
    def infer(on_step: OnStep) -> None:
        while True:
            time.sleep(0.01)
            on_step()

    with pytest.raises(Refusal) as refused:
        Worker(instance, seconds=0.1).run(job(), 1, infer)
    assert (refused.value.status, refused.value.code) == (400, "timeout")
    assert instance.phase is Phase.READY


def test_time_before_the_gpus_turn_counts(instance: Instance) -> None:
    def infer(on_step: OnStep) -> None:
        while True:
            time.sleep(0.01)
            on_step()

    with pytest.raises(Refusal) as refused:
        Worker(instance, seconds=1000).run(job(1), 1, infer)
    assert refused.value.code == "timeout"


def test_work_is_not_begun_when_its_time_is_over(instance: Instance) -> None:
    with pytest.raises(Refusal) as refused:
        Worker(instance, seconds=1000).run(job(0), 1, lambda on_step: pytest.fail("it ran"))
    assert (refused.value.status, refused.value.code) == (429, "busy")


def test_a_request_nobody_waits_for_never_reaches_the_gpu(instance: Instance) -> None:
    left = job()
    left.cancelled = True
    with pytest.raises(Refusal) as refused:
        Worker(instance, seconds=100).run(left, 1, lambda on_step: pytest.fail("it ran"))
    assert refused.value.code == "client_left"


def test_running_out_of_memory_once_is_survived(instance: Instance) -> None:
    attempts = []

    def infer(on_step: OnStep) -> str:
        attempts.append(on_step)
        if len(attempts) == 1:
            raise OutOfMemory
        return "picture"

    assert Worker(instance, seconds=100).run(job(), 1, infer) == "picture"


def test_a_request_too_large_for_the_memory_is_the_clients_to_change(instance: Instance) -> None:
    def infer(on_step: OnStep) -> None:
        raise OutOfMemory

    busy = Worker(instance, seconds=100)
    busy.run(job(), 100, lambda on_step: None)
    with pytest.raises(Refusal) as refused:
        busy.run(job(), 200, infer)
    assert (refused.value.status, refused.value.code) == (400, "too_large")
    assert instance.phase is Phase.READY


def test_no_memory_for_what_fitted_before_ends_the_instance(instance: Instance) -> None:
    def infer(on_step: OnStep) -> None:
        raise OutOfMemory

    busy = Worker(instance, seconds=100)
    busy.run(job(), 100, lambda on_step: None)
    with pytest.raises(Refusal) as refused:
        busy.run(job(), 100, infer)
    assert refused.value.status == 503
    assert instance.phase is Phase.FAILED


def test_a_lost_device_ends_the_instance(instance: Instance) -> None:
    def infer(on_step: OnStep) -> None:
        raise DeviceLost

    with pytest.raises(DeviceLost):
        Worker(instance, seconds=100).run(job(), 1, infer)
    assert instance.phase is Phase.FAILED


def test_a_gpu_that_stops_answering_ends_the_instance(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STUCK_SECONDS", 0.05)
    stuck = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            Worker(instance, seconds=0.05).run(job(), 1, lambda on_step: stuck.wait(10))
        assert instance.phase is Phase.FAILED
    finally:
        stuck.set()


@pytest.mark.parametrize("turns", [2, 5])
def test_as_many_as_have_turns_run_at_once(instance: Instance, turns: int) -> None:
    """Each waits for the others, so that fewer would never end."""
    together = threading.Barrier(turns)
    busy = Worker(instance, seconds=100, turns=turns)
    with ThreadPoolExecutor(turns) as threads:
        arrived = threads.map(
            lambda _: busy.run(job(), 1, lambda on_step: together.wait(10)), range(turns)
        )
        assert sorted(arrived) == list(range(turns))


def test_memory_that_others_hold_is_nobodys_fault(instance: Instance) -> None:
    other_works, done = threading.Event(), threading.Event()

    def other(on_step: OnStep) -> None:
        other_works.set()
        done.wait(10)

    def infer(on_step: OnStep) -> None:
        raise OutOfMemory

    busy = Worker(instance, seconds=100, turns=2)
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(busy.run, job(), 1, other)
        other_works.wait(10)
        with pytest.raises(Refusal) as refused:
            busy.run(job(), 1, infer)
        done.set()
        held.result()
    assert refused.value.status == 429
    assert instance.phase is Phase.READY


def test_shortages_without_a_size_end_the_instance_when_they_follow_each_other(
    instance: Instance,
) -> None:
    def infer(on_step: OnStep) -> None:
        raise OutOfMemory

    busy = Worker(instance, seconds=100)
    statuses = []
    for size in (None, None, 1, None, None, None):
        if size:
            busy.run(job(), None, lambda on_step: None)
            continue
        with pytest.raises(Refusal) as refused:
            busy.run(job(), None, infer)
        statuses.append(refused.value.status)
    assert statuses == [400, 400, 400, 400, 503]
    assert instance.phase is Phase.FAILED


def test_it_is_said_what_has_stopped_and_what_to_ask_for(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STUCK_SECONDS", 0.05)
    stuck = threading.Event()
    busy = Worker(instance, seconds=0.05, what="the code of chute.py", large="send a smaller one")
    try:
        with pytest.raises(TimeoutError):
            busy.run(job(), 1, lambda on_step: stuck.wait(10))
        assert instance.reason == "the code of chute.py has stopped answering"
    finally:
        stuck.set()
