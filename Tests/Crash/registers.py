"""Points as registers: what clients did to one at once, and whether some order explains it.

A history is linearizable when every call can be given a moment between its start and its end at
which it took effect, so that each read returns what was last written (Herlihy and Wing, 1990).
Looked for as Lowe does (2017): calls take effect as late as possible, when one of them ends.
"""

import dataclasses
import math

WRITE, READ = "write", "read"
# Writes whose effect depends on what is there. Registers that know these hold a pair: what was last
# written to the vector, and to the payload.
PAYLOAD, VECTOR, BOTH = "payload", "vector", "both"
INSERT, UPSERT, REMOVE = "insert", "upsert", "remove"


@dataclasses.dataclass(eq=False)
class Call:
    """A write or a read of a register; `None` is a point that is not there."""

    kind: str
    value: object
    start: float
    # A call that was cut off may have taken effect at any later time, or never.
    end: float = math.inf
    # Points that are there are changed only with this payload; None: with any.
    expected: int | None = None
    # The answer says that the point was there.
    found: bool = False

    def applied(self, state) -> tuple[bool, object]:
        """Whether the call may come now, and what the register holds then."""
        if self.kind == READ:
            return state == self.value, state
        return state is not None or not self.found, self.written(state)

    def written(self, state):
        """What a write leaves of what is there."""
        if self.kind == WRITE:
            return self.value
        if state is None:
            return self.value if self.kind in (INSERT, UPSERT) else None
        if self.kind == INSERT or self.expected not in (None, state[1]):
            return state
        match self.kind:
            case "payload":
                return (state[0], self.value[1])
            case "vector":
                return (self.value[0], state[1])
        return self.value


def contradiction(calls: list[Call], initial) -> Call | None:
    """The first call whose answer no order explains; None when all can be explained."""
    # A read that was cut off says nothing, nor does a write of which nothing was ever seen, unless
    # what others do depends on it.
    seen = {call.value for call in calls if call.kind == READ}
    is_blind = all(call.kind in (WRITE, READ) for call in calls)
    calls = [
        call for call in calls
        if call.end < math.inf or (call.kind != READ and (call.value in seen or not is_blind))
    ]  # fmt: skip
    # At the same moment starts come first, which permits more.
    moments = sorted(
        [(call.start, 0, index) for index, call in enumerate(calls)]
        + [(call.end, 1, index) for index, call in enumerate(calls) if call.end < math.inf]
    )
    pending: set[int] = set()
    # What may have happened: the calls that took effect and have not ended, and the value.
    worlds: set[tuple[frozenset[int], object]] = {(frozenset(), initial)}
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


def sensible(choices: set[int], state, calls: list[Call]) -> list[int]:
    """Those that may come now, without what leads nowhere else.

    Of calls that were cut off and do the same any will do, and one that would change nothing may
    as well come later, or never.
    """
    whole = [index for index in choices if calls[index].end < math.inf]
    open_ended = {}
    for index in sorted(choices, reverse=True):
        call = calls[index]
        if call.end == math.inf and call.written(state) != state:
            open_ended[call.kind, call.value, call.expected] = index
    return [*whole, *open_ended.values()]
