#!/usr/bin/env python3
"""Traefik, moved by a program of one's own: one file of its file provider (`providers.file.directory`, `watch`).

Once, by hand: `traefik.py /etc/traefik/dynamic/kong.yml prepare`; then give the routers in front of Kong `service: kong`.
Traefik takes a file over some seconds later: `out`, `in` and `verify` ask its API when, at `--api http://127.0.0.1:8080`.
docs/traffic/command.md has what stands in the plan, what such a program is called with and what it answers.
"""
import fcntl, json, os, sys, time

NODES = {
    "x": {"x1": "http://10.0.0.11:8000", "x2": "http://10.0.0.12:8000"},
    "y": {"y1": "http://10.0.0.11:8010", "y2": "http://10.0.0.12:8010"},
}
path, action, *given = sys.argv[1:]
given = dict(zip(given[::2], given[1::2]))  # --weight 25 --epoch 1780000000000 --upgrade RUN --expected 5


def read():
    kept, config = open(path).read().split("\n", 1)
    split = json.loads(config)["http"]["services"]["kong"]["weighted"]["services"]
    return {"weight": next(one["weight"] for one in split if one["name"] == "kong-y"), **json.loads(kept[1:])}


def services(state):
    shares = {"x": 100 - state["weight"], "y": state["weight"]}
    found = {"kong": {"weighted": {"services": [{"name": f"kong-{s}", "weight": shares[s]} for s in NODES]}}}
    for side, nodes in NODES.items():
        urls = [{"url": url} for name, url in nodes.items() if name not in state["out"]]
        found[f"kong-{side}"] = {"loadBalancer": {"servers": urls}}
    return found


def write(state):
    kept = {key: state[key] for key in ("epoch", "by", "out")}
    with open(path + ".new", "w") as file:
        file.write(f"# {json.dumps(kept)}\n{json.dumps({'http': {'services': services(state)}}, indent=1)}\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)  # the weights and whose they are, at once


def change(state):
    epoch, by, node = int(given["--epoch"]), given["--upgrade"], given.get("--node")
    # What comes late, or meets another weight than it expects, changes nothing: the answer shows what is in force.
    late = epoch < state["epoch"] or (epoch == state["epoch"] and (action == "set" or by != state["by"]))
    if late or given.get("--expected", str(state["weight"])) != str(state["weight"]):
        return
    out = [one for one in state["out"] if one != node] + ([node] if action == "out" else [])
    write({"weight": int(given.get("--weight", state["weight"])), "epoch": epoch, "by": by, "out": out})


def essence(service):
    if "weighted" in service:
        return {one["name"]: one["weight"] for one in service["weighted"]["services"]}
    return {one["url"] for one in service["loadBalancer"].get("servers", [])}


def why_not():
    """What Traefik, by its API, does not do yet as the file has it."""
    import urllib.request

    for name, wanted in services(read()).items():
        try:
            with urllib.request.urlopen(f"{given['--api']}/api/http/services/{name}@file", timeout=5) as answer:
                if essence(json.load(answer)) != essence(wanted):
                    return f"Traefik has not taken over what the file says of {name}"
        except OSError as error:
            return f"Traefik's API does not tell of {name}: {error}"


def wait():
    deadline = time.monotonic() + 20
    while missing := why_not():
        if time.monotonic() > deadline:
            sys.exit(missing)
        time.sleep(0.2)


try:
    with open(path + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if action == "prepare":
            write({"weight": 0, "epoch": 0, "by": None, "out": []})
        elif action in ("set", "out", "in"):
            change(read())
        state = read()
    if action in ("out", "in"):  # no longer under the lock: a retreat waits for nobody
        wait()
    if action == "verify":
        missing = why_not()
        agrees = missing is None and state["weight"] == int(given["--weight"])
        state = {"agrees": agrees, "what": missing or f"Traefik gives Y {state['weight']} %"}
    print(json.dumps(state))
except (PermissionError, FileNotFoundError) as error:
    print(error, file=sys.stderr)
    sys.exit(77 if isinstance(error, PermissionError) else 78)  # may not; is not prepared
