"""Points as registers: what clients did to one at once, and whether some order explains it.

A history is linearizable when every call can be given a moment between its start and its end at
which it took effect, so that each read returns what was last written (Herlihy and Wing, 1990).
Looked for as Lowe does (2017): calls take effect as late as possible, when one of them ends.
"""

import dataclasses
import math

WRITE, READ = "write", "read"


@dataclasses.dataclass(eq=False)
class Call:
    """A write or a read of a register; `None` is a point that is not there."""

    kind: str
    value: int | None
    start: float
    # A call that was cut off may have taken effect at any later time, or never.
    end: float = math.inf

    def applied(self, state: int | None) -> tuple[bool, int | None]:
        """Whether the call may come now, and what the register holds then."""
        if self.kind == WRITE:
            return True, self.value
        return state == self.value, state


def contradiction(calls: list[Call], initial: int | None) -> Call | None:
    """The first call whose answer no order explains; None when all can be explained."""
    # A read that was cut off says nothing, nor does a write of which nothing was ever seen.
    seen = {call.value for call in calls if call.kind == READ}
    calls = [
        call for call in calls
        if call.end < math.inf or (call.kind == WRITE and call.value in seen)
    ]  # fmt: skip
    # At the same moment starts come first, which permits more.
    moments = sorted(
        [(call.start, 0, index) for index, call in enumerate(calls)]
        + [(call.end, 1, index) for index, call in enumerate(calls) if call.end < math.inf]
    )
    pending: set[int] = set()
    # What may have happened: the calls that took effect and have not ended, and the value.
    worlds: set[tuple[frozenset[int], int | None]] = {(frozenset(), initial)}
    for _, is_end, index in moments:
        if not is_end:
            pending.add(index)
            continue
        worlds = ending(index, worlds, pending, calls)
        pending.discard(index)
        if not worlds:
            return calls[index]
    return None


def ending(index: int, worlds, pending: set[int], calls: list[Call]):
    """The worlds in which a call has taken effect, after whichever others."""
    found, known, open_worlds = set(), set(worlds), list(worlds)
    while open_worlds:
        done, state = open_worlds.pop()
        if index in done:
            found.add((done - {index}, state))
            continue
        for other in sensible(pending - done, state, calls):
            fits, value = calls[other].applied(state)
            world = (done | {other}, value)
            if fits and world not in known:
                known.add(world)
                open_worlds.append(world)
    return found


def sensible(choices: set[int], state: int | None, calls: list[Call]) -> list[int]:
    """Those that may come now, without what leads nowhere else.

    Of calls that were cut off and do the same any will do, and one that would change nothing may
    as well come later.
    """
    whole = [index for index in choices if calls[index].end < math.inf]
    open_ended = {calls[index].value: index for index in sorted(choices, reverse=True)
                  if calls[index].end == math.inf}  # fmt: skip
    open_ended.pop(state, None)
    return [*whole, *open_ended.values()]
