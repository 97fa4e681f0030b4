"""An answer leaves as a whole, a long one in pieces, and nothing is lost when the connection closes."""

from __future__ import annotations

import asyncio

from service.gathering import MOST, Gathering
from tests.looping import on_a_loop


class Wire(asyncio.Transport):
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.closed:
            raise RuntimeError("the handler is closed")
        self.sent.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def gathered(*turns: list[bytes], close: bool = False) -> Wire:
    """What goes out when each of `turns` is written in a turn of its own."""
    wire = Wire()

    async def write() -> None:
        gathering = Gathering(wire, asyncio.get_running_loop())
        assert gathering.get_extra_info("peername") == ("127.0.0.1", 1)
        for turn in turns:
            for piece in turn:
                gathering.write(piece)
            if close:
                gathering.close()
            else:
                await asyncio.sleep(0)

    on_a_loop(write())
    return wire


def test_what_is_written_in_one_turn_goes_out_together() -> None:
    assert gathered([b"head", b"body"], [b"next"]).sent == [b"headbody", b"next"]


def test_much_does_not_wait_for_the_end_of_the_turn() -> None:
    piece = bytes(MOST // 2)
    sent = gathered([piece] * 10 + [b"end"]).sent
    assert len(sent) == 4
    assert b"".join(sent) == piece * 10 + b"end"


def test_closing_sends_what_waits_first() -> None:
    wire = gathered([b"last"], close=True)
    assert wire.sent == [b"last"]
    assert wire.closed


def test_who_hung_up_within_the_turn_is_no_error() -> None:
    wire, errors = Wire(), list[object]()

    async def write() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: errors.append(context))
        Gathering(wire, loop).write(b"answer")
        wire.close()
        await asyncio.sleep(0)

    on_a_loop(write())
    assert (wire.sent, errors) == ([], [])
