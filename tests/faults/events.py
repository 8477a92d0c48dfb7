"""Countable events: each has a distinct second, so that rows of the lake can be compared one by one."""

import datetime
import threading

ZONE = datetime.timezone(datetime.timedelta(hours=8))
FIRST = datetime.datetime(2026, 11, 10, 12, 0, 0, tzinfo=ZONE)
TABLES = {
    "read": ("reads", "read_at"), "share": ("shares", "shared_at"), "shown": ("shown", "shown_at"),
    # A cancellation or check-in keeps the time of the sign-up before it.
    "sign_up": ("sign_ups", "updated_at"), "cancel": ("sign_ups", "updated_at"), "check_in": ("sign_ups", "updated_at"),
    "feedback": ("feedback", "at"), "follow": ("member_events", "at"), "unfollow": ("member_events", "at"),
    "opt_out": ("member_events", "at"), "bind": ("member_events", "at"),
}
KINDS = [*TABLES, "read", "read", "read", "shown", "sign_up"]


class Source:
    """Generates events. Thread-safe."""

    def __init__(self, rng, members, articles, pairs):
        self.rng, self.members, self.articles = rng, members, articles
        # There is one sign-up for a member and an activity, so each pair is used once.
        self.pairs = rng.sample(pairs, len(pairs))
        self.second = 0
        self.lock = threading.Lock()

    def one(self):
        rng, kind = self.rng, self.rng.choice(KINDS)
        if kind in ("sign_up", "cancel", "check_in") and not self.pairs:
            kind = "read"
        at = FIRST + datetime.timedelta(seconds=self.second)
        event = {"type": kind, "member_id": rng.choice(self.members), "at": at.isoformat()}
        if rng.random() < 0.7:
            event["event_id"] = f"e{self.second}"
        self.second += 1
        if kind in ("sign_up", "cancel", "check_in"):
            event["member_id"], event["item_id"] = self.pairs.pop()
        elif kind in ("read", "share", "shown", "feedback"):
            event["item_id"] = rng.choice(self.articles)
        elif kind == "bind":
            event["openid"] = f"o-{self.second}"
        return event

    def batch(self):
        with self.lock:
            return [self.one() for _ in range(self.rng.choice([1, 1, 3, 10, 40]))]

    def __iter__(self):
        return self

    def __next__(self):
        return self.batch()


def second_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def expected(batches):
    """Returns the expected seconds in each table, as whole numbers."""
    tables = {}
    for event in (event for batch in batches for event in batch):
        tables.setdefault(TABLES[event["type"]][0], []).append(int(second_of(event["at"])))
    return tables
