class Model:
    """Silero VAD, which hears 32 ms at a time."""

    RATE = 16_000
    STEP = 512

    def __init__(self, folders: Folders) -> None:
        from silero_vad import load_silero_vad

        self.vad = load_silero_vad()

    def find(self, request: FindRequest, on_step: OnStep) -> FindAnswer:
        """Find where somebody speaks, in seconds from the start."""
        turns = list(self.turns(request.audio_b64, on_step))
        starts = [second for second, speaks in turns if speaks]
        return FindAnswer(starts=starts, ends=[second for second, speaks in turns if not speaks])

    def listen(self, request: ListenRequest, on_step: OnStep) -> Iterator[ListenEvent]:
        """The same, told as it is found."""
        for second, speaks in self.turns(request.audio_b64, on_step):
            yield ListenEvent(second=second, speaks=speaks)

    def turns(self, sound: Any, on_step: OnStep) -> Iterator[tuple[float, bool]]:
        """When somebody begins to speak, and when they end, in seconds."""
        import torch
        from silero_vad import VADIterator

        samples, rate = sound.samples()
        wave = torch.from_numpy(samples)[None, None]
        length = max(self.STEP, round(len(samples) * self.RATE / rate))
        # Good enough for telling speech from silence.
        wave = torch.nn.functional.interpolate(wave, size=length, mode="linear")[0, 0]
        listener = VADIterator(self.vad, sampling_rate=self.RATE)
        speaks = False
        for start in range(0, len(wave) - self.STEP, self.STEP):
            on_step()
            if heard := listener(wave[start : start + self.STEP], return_seconds=True):
                speaks = "start" in heard
                yield float(heard["start" if speaks else "end"]), speaks
        if speaks:
            yield len(wave) / self.RATE, False
