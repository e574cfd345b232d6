#!/usr/bin/env python3
"""Traefik, moved by a program of one's own: one file of its file provider (`providers.file.directory`, `watch`).

Once, by hand: `traefik.py /etc/traefik/dynamic/kong.yml prepare`; then give the routers in front of Kong `service: kong`.
docs/traffic/command.md has what stands in the plan, what such a program is called with and what it answers.
"""
import fcntl, json, os, sys

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


def write(state):
    shares = {"x": 100 - state["weight"], "y": state["weight"]}
    services = {"kong": {"weighted": {"services": [{"name": f"kong-{s}", "weight": shares[s]} for s in NODES]}}}
    for side, nodes in NODES.items():
        urls = [{"url": url} for name, url in nodes.items() if name not in state["out"]]
        services[f"kong-{side}"] = {"loadBalancer": {"servers": urls}}
    kept = {key: state[key] for key in ("epoch", "by", "out")}
    with open(path + ".new", "w") as file:
        file.write(f"# {json.dumps(kept)}\n{json.dumps({'http': {'services': services}}, indent=1)}\n")
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


try:
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if action == "prepare":
            write({"weight": 0, "epoch": 0, "by": None, "out": []})
        elif action != "read":
            change(read())
        print(json.dumps(read()))
except (PermissionError, FileNotFoundError) as error:
    print(error, file=sys.stderr)
    sys.exit(77 if isinstance(error, PermissionError) else 78)  # may not; is not prepared
