"""Damages a home in many ways and prints how the program reports the damage.

    python3 tests/faults/damage.py --program target/release/zhihui [--small-disk DIR]

`--small-disk` is a volume of about 60 MB that is filled up. The exit code is 1 if any result is wrong.
"""

import argparse
import glob
import json
import os
import shutil
import sys
import tempfile
import time

from invariants import database
from program import Program, Server
from scenarios import AS_OF, NOON

WRONG = []


def show(name, done, code=None, says=None):
    """Prints the last line of a command; checks its exit code and that its output contains `says`."""
    got, out, err = done
    said = (err.strip() or out.strip()).splitlines()
    print(f"  {name}: exit {got}; {said[-1][:400] if said else '(silent)'}")
    if code is not None and got != code or says is not None and says not in out + err:
        WRONG.append(f"{name}: exit {got}, wanted {code} and {says!r}")
        print(f"    WRONG: wanted exit {code} and {says!r}")


def doctor(program, home, check=None, status="fail"):
    """Prints the problems that doctor finds; `check` must be among them."""
    code, diagnosis, err = program.json(home, "doctor")
    checks = diagnosis["checks"] if diagnosis else []
    old = [found for found in checks if found["name"] == "snapshot" and "days old" in found["message"]]
    amiss = [found for found in checks if found["status"] != "ok" and found not in old]
    for found in amiss:
        print(f"  doctor: exit {code}; {found['status']} {found['name']}: {found['message'][:300]} -> {found['remedy']}")
    if not amiss:
        print(f"  doctor: exit {code}; nothing amiss {err[-200:]}")
    if check and not any(found["name"] == check and found["status"] == status for found in checks):
        WRONG.append(f"doctor does not name {check} as {status}")
        print(f"    WRONG: wanted {status} of {check}")


def check(what, holds):
    print(f"  {what}: {'yes' if holds else 'NO'}")
    if not holds:
        WRONG.append(f"not so: {what}")


def newest_commit(home, table):
    return max(glob.glob(os.path.join(home, "lake", table, "_delta_log", "*.json")))


def torn_commits(program, base):
    for table in ("raw/reads", "built/interactions"):
        for name, cut in (("empty", lambda data: b""), ("half", lambda data: data[: len(data) // 2]),
                          ("a line less", lambda data: data.rstrip(b"\n").rsplit(b"\n", 1)[0] + b"\n")):
            home = program.home(base)
            if not os.path.isdir(os.path.join(home, "lake", table)):
                found = sorted(os.listdir(os.path.join(home, "lake", table.split("/")[0])))
                print(f"{table} is not there, but {found}")
                break
            path = newest_commit(home, table)
            data = open(path, "rb").read()
            open(path, "wb").write(cut(data))
            print(f"newest commit of {table}: {name}")
            doctor(program, home, "tables")
            show("sql", program.run(home, "sql", "select count(*) from reads"), 2 if table == "raw/reads" else None)
            show("run", program.run(home, "run", "--as-of", "2026-11-11"))
            server = Server(program, home, "--as-of", NOON)
            status, answer = server.ask("GET", "/readyz", "")
            print(f"  readyz: {status} {json.dumps(answer, ensure_ascii=False)[:300]}")
            server.kill()
            shutil.rmtree(home)


def corrupt_snapshot(program, base, key):
    home = program.home(base)
    show("run of the next day", program.run(home, "run", "--as-of", "2026-11-11"), 0)
    current = open(os.path.join(home, "published", "current")).read()
    path = os.path.join(home, "published", current, "snapshot.bin")
    data = bytearray(open(path, "rb").read())
    data[len(data) // 2] ^= 1
    open(path, "wb").write(data)
    print("snapshot.bin: one bit flipped")
    doctor(program, home, "snapshot")
    show("recommend", program.run(home, "recommend", "--member", "M000001"), 0)
    server = Server(program, home, "--as-of", NOON)
    status, answer = server.ask("GET", "/v1/popular", key)
    print(f"  serve: {''.join(server.said).strip()[-400:]}")
    print(f"  popular: {status}, version {answer.get('version')} (current {current})")
    if status != 200 or answer["version"] == current:
        WRONG.append("the last good snapshot does not serve")
    print(f"  readyz: {server.ask('GET', '/readyz', '')}")
    show("run", program.run(home, "run", "--as-of", "2026-11-11"), 0)
    for _ in range(50):
        if server.ask("GET", "/v1/popular", key)[1].get("version") == current:
            break
        time.sleep(0.1)
    else:
        WRONG.append("what was published again does not serve")
    server.kill()
    doctor(program, home, "snapshot", "warn")
    for path in glob.glob(os.path.join(home, "published", "*", "snapshot.bin")):
        open(path, "wb").close()
    print("every snapshot.bin: emptied")
    doctor(program, home, "snapshot")
    show("recommend", program.run(home, "recommend", "--member", "M000001"))
    server = Server(program, home, "--as-of", NOON)
    print(f"  serve: {''.join(server.said).strip()[-300:]}\n  readyz: {server.ask('GET', '/readyz', '')}")
    server.kill()
    show("run", program.run(home, "run", "--as-of", "2026-11-11"), 0)
    doctor(program, home)
    show("recommend", program.run(home, "recommend", "--member", "M000001"), 0)


def databases(program, base, key):
    for name in ("zhihui.db", "inbox.db"):
        home = program.home(base)
        server = Server(program, home, "--as-of", NOON)
        events = [{"type": "read", "member_id": "M000001", "item_id": "A00001", "at": "2026-11-10T12:00:01+08:00"}]
        server.ask("POST", "/v1/events", key, {"events": events})
        server.kill()
        for file, cut in ((f"{name}-wal", 0.5), (f"{name}-wal", 0.0), (name, 0.5)):
            path = os.path.join(home, file)
            size = os.path.getsize(path) if os.path.exists(path) else 0
            os.truncate(path, int(size * cut)) if size else None
            print(f"{file}: {size} bytes cut to {int(size * cut)}")
            doctor(program, home)
            show("audit verify", program.run(home, "audit", "verify"))
            show("member opt-out", program.run(home, "member", "opt-out", "M000002"))
            show("run", program.run(home, "run", "--as-of", "2026-11-11"))
        with open(os.path.join(home, name), "r+b") as file:
            file.write(b"this is no database at all")
        print(f"{name}: another file's beginning")
        doctor(program, home)
        show("run", program.run(home, "run", "--as-of", "2026-11-11"))
        show("serve", program.run(home, "serve", "--listen", "127.0.0.1:1"))
    home = program.home(base)
    server = Server(program, home, "--as-of", NOON)
    server.ask("POST", "/v1/events", key, {"events": events})
    server.kill()
    show("run that takes the event", program.run(home, "run", "--as-of", "2026-11-11"), 0)
    with database(home, "inbox.db") as opened:
        opened.execute("update sqlite_sequence set seq = 0")
        opened.execute("delete from events")
    print("inbox.db: events are lost, but the tables have them")
    doctor(program, home, "events")
    show("serve", program.run(home, "serve", "--listen", "127.0.0.1:0"), 1, "move inbox.db")
    home = program.home(base)
    program.run(home, "member", "opt-out", "M000002")
    with database(home, "zhihui.db") as opened:
        opened.execute("drop trigger audit_is_never_changed")
        opened.execute("update audit set at = at - 86400 where seq = 1")
    print("audit log: an entry changed")
    doctor(program, home, "audit")
    show("audit verify", program.run(home, "audit", "verify"), 1)


def records(program, base, key):
    home = program.home(base)
    running = program.start(home, "run", "--as-of", "2026-11-11")
    with database(home, "zhihui.db") as opened:
        while not opened.execute("select 1 from runs where finished_at is null").fetchone() and running.poll() is None:
            time.sleep(0.01)
    program.kill(running)
    print("a killed run")
    doctor(program, home, "runs", "warn")
    show("member forget", program.run(home, "member", "forget", "M000003"), 0)
    print("an erasure that waits")
    doctor(program, home, "erasures", "ok")
    for days, status in ((6, "warn"), (8, "fail")):
        with database(home, "zhihui.db") as opened:
            opened.execute("update erasures set asked_at = unixepoch() - ?", (days * 86_400,))
        print(f"an erasure that has waited for {days} days")
        doctor(program, home, "erasures", status)
    server = Server(program, home, "--as-of", NOON)
    events = [{"type": "read", "member_id": "M000001", "item_id": "A00001", "at": "2026-11-10T12:00:01+08:00"}]
    server.ask("POST", "/v1/events", key, {"events": events})
    server.kill()
    print("an event of days ago that waits")
    doctor(program, home, "events", "warn")


def clock_set_back(program, base, key):
    """Sets the clock back two hours between events, services and runs: nothing is lost, counted twice or hidden."""
    home = program.home(base)

    def reads():
        return program.json(home, "sql", "select count(*) as n from reads")[1][0]["n"]

    def read(second, item="A00001"):
        return {"type": "read", "member_id": "M000001", "item_id": item, "at": f"2026-11-10T12:00:{second:02}+08:00"}

    before = reads()
    server = Server(program, home, "--as-of", NOON)
    check("an event is taken", server.ask("POST", "/v1/events", key, {"events": [read(1)]})[1].get("accepted") == 1)
    server.kill()
    server = Server(program, home, "--as-of", "2026-11-10T10:00:00+08:00")
    answer = server.ask("POST", "/v1/events", key, {"events": [read(1), read(2)]})[1]
    check("one of two is known after the step", (answer["accepted"], answer["duplicates"]) == (1, 1))
    opt_out = {"type": "opt_out", "member_id": "M000001", "at": "2026-11-10T12:00:03+08:00"}
    server.ask("POST", "/v1/events", key, {"events": [opt_out]})
    show("run within the two hours", program.run(home, "run", "--as-of", "2026-11-10T10:30:00+08:00"), 0)
    check("what is still to come waits", reads() == before)
    status, answer = server.ask("GET", "/v1/recommendations?member_id=M000001", key)
    check("an opt-out holds", status == 200 and not answer["personalised"])
    show("run after them", program.run(home, "run", "--as-of", "2026-11-10T13:00:00+08:00"), 0)
    check("both were taken once", reads() == before + 2)
    server.kill()
    with database(home, "zhihui.db") as opened:
        opened.execute("update runs set started_at = ? where rowid = (select max(rowid) from runs)", [int(time.time()) + 7200])
    doctor(program, home, "runs", "warn")
    later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 4 * 86_400))
    show("run of a clock that runs ahead", program.run(home, "run", "--as-of", later), 0)
    doctor(program, home, "clock", "warn")


def clock_steps(program, base, key):
    home = program.home(base)
    show("run of the next day", program.run(home, "run", "--as-of", "2026-11-11"), 0)
    print("the clock steps back ten days under a service")
    server = Server(program, home, "--as-of", "2026-11-01T12:00:00+08:00")
    print(f"  readyz: {server.ask('GET', '/readyz', '')}")
    status, answer = server.ask("GET", "/v1/recommendations?member_id=M000001", key)
    print(f"  recommendations: {status}, as of {answer.get('as_of')}, {len(answer.get('items', []))} items")
    for at in ("2026-11-01T12:00:00+08:00", "2026-11-10T12:00:00+08:00"):
        events = [{"type": "read", "member_id": "M000001", "item_id": "A00001", "at": at}]
        print(f"  event of {at}: {server.ask('POST', '/v1/events', key, {'events': events})}")
    server.kill()
    show("run as of before", program.run(home, "run", "--as-of", "2026-11-05"))
    doctor(program, home)
    show("sql", program.run(home, "sql", "select count(*) as n from reads"), 0)
    current = os.path.join(home, "published", "current")
    real = open(current).read()
    ahead = "20990101T000000000Z"
    shutil.copytree(os.path.join(home, "published", real), os.path.join(home, "published", ahead))
    print("a snapshot published by a clock that ran ahead lies beside a current one that is damaged")
    for name in os.listdir(os.path.join(home, "published")):
        if name not in ("current", ahead):
            open(os.path.join(home, "published", name, "snapshot.bin"), "wb").close()
    show("recommend", program.run(home, "recommend", "--member", "M000001"), 0)


def ready(server, wanted):
    """Returns the response of /readyz, waiting some seconds for the expected status."""
    for _ in range(100):
        answer = server.ask("GET", "/readyz", "")
        if answer[0] == wanted:
            return answer
        time.sleep(0.1)
    WRONG.append(f"readyz says {answer} and not {wanted}")
    return answer


def full_disk(program, base, key, disk, sample):
    """Fills the volume and tries everything; after space is freed everything works again."""
    home = os.path.join(disk, "home")
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(base, home)
    server = Server(program, home, "--as-of", NOON)
    filler = os.path.join(disk, "filler")

    def fill(leave=0):
        free = os.statvfs(disk)
        n_bytes = free.f_bavail * free.f_frsize - leave
        with open(filler, "wb") as file:
            try:
                while n_bytes > 0:
                    n_bytes -= file.write(b"0" * min(n_bytes, 1 << 20))
                    file.flush()
            except OSError:
                pass

    def tell(second):
        at = f"2026-11-10T12:00:{second:02}+08:00"
        events = [{"type": "read", "member_id": "M000001", "item_id": "A00001", "event_id": f"f{second}", "at": at}]
        return server.ask("POST", "/v1/events", key, {"events": events})

    print(f"before: event {tell(1)}")
    fill()
    print(f"disk full, ten batches: {sorted({tell(second)[0] for second in range(10, 20)})}")
    os.remove(filler)
    after = [tell(second)[0] for second in range(20, 30)]
    print(f"space is free, ten batches: {after}")
    if set(after) != {200}:
        WRONG.append("events are refused although space is free again")
    for leave in (0, 60_000, 300_000, 1_500_000):
        fill(leave)
        print(f"disk full but for {leave} bytes")
        print(f"  event: {str(tell(2))[:400]}")
        print(f"  recommendations: {server.ask('GET', '/v1/recommendations?member_id=M000001', key)[0]}")
        print(f"  readyz: {str(ready(server, 503))[:300]}")
        check("the full disk is named, the rest goes on",
               "disk_full" in str(server.ask("GET", "/readyz", "")) and server.ask("GET", "/livez", "", raw=True)[0] == 200
               and server.ask("GET", "/v1/recommendations?member_id=M000001", key)[0] == 200)
        doctor(program, home, "disk")
        show("ingest", program.run(home, "ingest", sample))
        new = os.path.join(sample, "..", f"reads-{leave}.csv")
        with open(new, "w") as file:
            file.write("member_id,article_id,read_at\n")
            file.writelines(f"M{leave}{n},A00001,2026-11-01 08:00:00\n" for n in range(1000))
        show("ingest of a new file", program.run(home, "ingest", new))
        show("run", program.run(home, "run", "--as-of", "2026-11-11"))
        show("member opt-out", program.run(home, "member", "opt-out", "M000002"))
        show("sql", program.run(home, "sql", "select count(*) as n from reads"))
        os.remove(filler)
        show("ingest of the new file with space", program.run(home, "ingest", new), 0)
        show("sql", program.run(home, "sql", "select count(*) as n from reads"), 0)
    print(f"space is free again: readyz {ready(server, 200)[0]}")
    for line in [line for line in server.said if "WARN" in line or "ERROR" in line][:6]:
        print(f"  serve said: {line.strip()[:300]}")
    server.said.clear()
    print(f"  event: {tell(2)} then {tell(3)}")
    show("run", program.run(home, "run", "--as-of", "2026-11-11"), 0)
    show("sql", program.run(home, "sql", "select count(*) as n from reads"), 0)
    time.sleep(0.5)
    print(f"  serve said: {''.join(server.said).strip()[:600]}")
    doctor(program, home)
    server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/zhihui")
    parser.add_argument("--small-disk", default=None)
    parser.add_argument("--scratch", default=None)
    parser.add_argument("--only", default=None)
    args = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="zhihui-damage-", dir=args.scratch)
    program = Program(args.program, scratch)
    sample = os.path.join(scratch, "sample")
    words = "--members 300 --unions 20 --days 20 --seed 7 --as-of 2026-11-10".split()
    program.seconds_of(scratch, "sample", "--out", sample, *words)
    base = program.home()
    program.seconds_of(base, "init")
    program.seconds_of(base, "run", sample, "--as-of", AS_OF)
    key = program.json(base, "key", "add", "backend", "--scope", "backend")[1]["key"]
    cases = {
        "torn_commits": lambda: torn_commits(program, base), "corrupt_snapshot": lambda: corrupt_snapshot(program, base, key),
        "databases": lambda: databases(program, base, key), "records": lambda: records(program, base, key),
        "clock_steps": lambda: clock_steps(program, base, key), "clock_set_back": lambda: clock_set_back(program, base, key),
    }
    if args.small_disk:
        cases["full_disk"] = lambda: full_disk(program, base, key, args.small_disk, sample)
    for name, case in cases.items():
        if args.only in (None, name):
            print(f"== {name} ({time.strftime('%H:%M:%S')})", flush=True)
            case()
    WRONG.extend(program.end())
    shutil.rmtree(scratch)
    if WRONG:
        print("\n".join(["", "wrong results:", *WRONG]))
        sys.exit(1)


if __name__ == "__main__":
    main()
