"""What the lines of a comparison say: ratios with their spread, what is left out after the first round, and the table.

A line is a dict. `run`: row, round, contender, group, ms, rss_mb, quiet, probe_before, probe_after, handover_before, handover_after. `failed`: row, round, contender, group,
why. `round`: row, round, all of whose contenders have run. `missing`: group, why. `machine`: where and when.
"""
import collections
import statistics

SLOY = "sloy"
NEAR, APART = 60, 100  # nanoseconds from core to core up to which they share an L3, and from which they don't
OF_ITS_PEER = 1.3  # a mode slower than this times its peer's fastest in the first round is left out of the others
OF_ALL = 2.0  # and so is a peer whose fastest mode is slower than this times the fastest of all


def runs_of(row, lines, round_number=None):
    return [line for line in lines if line["event"] in ("run", "failed") and line["row"] == row
            and round_number in (None, line["round"])]


def done(lines):
    """(row, round, contender) of what needn't be run again."""
    return {(line["row"], line["round"], line["contender"]) for line in lines if line["event"] in ("run", "failed")}


def differences(here, lines):
    """In what the machine or the program that made these lines differs from those here: lines of both can't be put together."""
    return [f"{key} {line[key]}, not {here[key]}" for line in lines if line["event"] == "machine"
            for key in ("cpu", "cores", "program") if line.get(key) != here.get(key)]


def fastest_probe(lines):
    return max((line[key] for line in lines if line["event"] == "run" for key in ("probe_before", "probe_after")), default=0.0)


def left_out(row, lines):
    """Contenders of the first round that the later ones don't run, with the reason. What was slow on a busy machine stays."""
    reasons, times, best = {}, {}, {}
    for line in runs_of(row, lines, 1):
        if line["group"] == SLOY:
            continue
        if line["event"] == "failed":
            reasons[line["contender"]] = "failed: " + line["why"]
            continue
        if line["quiet"]:
            times[line["contender"]] = (line["group"], line["ms"])
        best[line["group"]] = min(line["ms"], best.get(line["group"], float("inf")))
    for contender, (group, ms) in times.items():
        if best[group] > OF_ALL * min(best.values()):
            reasons[contender] = f"{group} took {best[group] / min(best.values()):.1f} times as long as the fastest"
        elif ms > OF_ITS_PEER * best[group]:
            reasons[contender] = f"took {ms / best[group]:.1f} times as long as {group}'s fastest mode"
    return reasons


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def rounds_of(row, lines):
    """The whole rounds in which Sloy and a peer ran, each as {contender: run}: in part of one the fastest peer may be missing."""
    whole = {line["round"] for line in lines if line["event"] == "round" and line["row"] == row}
    rounds = collections.defaultdict(dict)
    for line in runs_of(row, lines):
        if line["event"] == "run" and line["round"] in whole:
            rounds[line["round"]][line["contender"]] = line
    return [runs for _, runs in sorted(rounds.items()) if SLOY in runs and len(runs) > 1]


def summary(row, lines):
    """None before Sloy and its peers have run in one round.

    The ratio of a round is the time of the fastest contender in it over Sloy's; the peer that is named is the one with the least median.
    """
    rounds = rounds_of(row, lines)
    if not rounds:
        return None
    peers = collections.defaultdict(list)
    for runs in rounds:
        for contender, run in runs.items():
            if contender != SLOY:
                peers[contender].append(run)
    # One that was left out after the first round is slower than one that wasn't, whatever its first time.
    most = max(len(runs) for runs in peers.values())
    lasting = [contender for contender, runs in peers.items() if len(runs) == most]
    fastest = min(lasting, key=lambda contender: statistics.median(run["ms"] for run in peers[contender]))
    leanest = min(peers, key=lambda contender: min(run["rss_mb"] for run in peers[contender]))
    sloy_mb = max(runs[SLOY]["rss_mb"] for runs in rounds)
    leanest_mb = min(run["rss_mb"] for run in peers[leanest])
    return {
        "rounds": len(rounds), "sloy_ms": spread([runs[SLOY]["ms"] for runs in rounds]),
        "peer": fastest, "peer_ms": spread([run["ms"] for run in peers[fastest]]),
        "ratio": spread([min(run["ms"] for contender, run in runs.items() if contender != SLOY) / runs[SLOY]["ms"] for runs in rounds]),
        "sloy_mb": sloy_mb, "leanest": leanest, "leanest_mb": leanest_mb, "memory_ratio": sloy_mb / leanest_mb,
        "share_of_peak": rounds[0][SLOY].get("share_of_peak"),
        "runs": sum(len(runs) for runs in rounds), "noisy_runs": sum(not run["quiet"] for runs in rounds for run in runs.values())}


def placement(run):
    """How the cores lay while Sloy ran: near where they shared an L3 before and after, apart where they didn't, else None."""
    times = [run.get(f"handover_{when}") for when in ("before", "after")]
    if None in times:
        return None
    return "near" if max(times) <= NEAR else "apart" if min(times) >= APART else None


def by_placement(row, lines):
    """{placement: the ratios of the rounds in which Sloy's cores lay so}."""
    found = collections.defaultdict(list)
    for runs in rounds_of(row, lines):
        where = placement(runs[SLOY])
        if where:
            found[where].append(min(run["ms"] for contender, run in runs.items() if contender != SLOY) / runs[SLOY]["ms"])
    return dict(found)


def verdict(value, must, aim, less_is_better=False):
    def reaches(target):
        return target is not None and (value <= target if less_is_better else value >= target)

    if must is None and aim is None:
        return ""
    return "aim" if reaches(aim) else "must" if reaches(must) else "**no**"


def time_text(ms):
    if ms < 0.1:
        return f"{1e3 * ms:.3g} µs"
    return f"{ms:.3g} ms" if ms < 1e3 else f"{1e-3 * ms:.3g} s"


def spread_text(values, text):
    return f"{text(values['median'])} ({text(values['min'])} … {text(values['max'])})"


def target_text(target, text):
    return "" if target is None else text(target)


def plain(ratio):
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def speed_table(rows, lines):
    text = ["| | | Sloy | fastest peer | ratio | must | aim | reached | rounds | noisy runs |", "|---|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        found = summary(row.name, lines)
        if not found:
            text.append(f"| {row.name} | {row.title} | not measured | | | | | | 0 | |")
            continue
        in_text = time_text if row.in_milliseconds else plain
        value = found["sloy_ms" if row.in_milliseconds else "ratio"]["median"]
        text.append(" | ".join((
            f"| {row.name}", row.title, spread_text(found["sloy_ms"], time_text),
            f"{spread_text(found['peer_ms'], time_text)} {found['peer']}", spread_text(found["ratio"], plain),
            target_text(row.must, in_text), target_text(row.aim, in_text), verdict(value, row.must, row.aim, row.in_milliseconds),
            str(found["rounds"]), f"{found['noisy_runs']} of {found['runs']} |")))
    return "\n".join(text)


def memory_table(rows, lines):
    text = ["| | Sloy MB | leanest peer MB | ratio | must | aim | reached |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        found = summary(row.name, lines)
        if not found or row.memory_must is None:
            continue
        text.append(f"| {row.name} | {found['sloy_mb']:.0f} | {found['leanest_mb']:.0f} {found['leanest']} | {plain(found['memory_ratio'])} | "
                    f"{target_text(row.memory_must, plain)} | {target_text(row.memory_aim, plain)} | "
                    f"{verdict(found['memory_ratio'], row.memory_must, row.memory_aim, less_is_better=True)} |")
    return "\n".join(text)


def notes(rows, lines):
    """What one must know beside the tables: machine, versions, what is missing, failed or was left out."""
    text = []
    for line in lines:
        if line["event"] == "machine":
            text.append(", ".join(f"{key} {value}" for key, value in line.items() if key != "event"))
    versions = {(line["group"], line["version"]) for line in lines if line["event"] == "run" and line.get("version")}
    if versions:
        text.append("versions: " + ", ".join(f"{group} {version}" for group, version in sorted(versions)))
    text.append(f"probe at best {fastest_probe(lines):.0f} GFLOP/s")
    for group, why in sorted({(line["group"], line["why"]) for line in lines if line["event"] == "missing"}):
        text.append(f"{group} was not measured: {why}")
    for line in lines:
        if line["event"] == "failed" and line["group"] == SLOY:
            text.append(f"{line['row']}: Sloy failed in round {line['round']}: {line['why']}")
    for row in rows:
        placed = by_placement(row.name, lines)
        if len(placed) > 1:
            text.append(f"{row.name} by how Sloy's cores lay: " + ", ".join(
                f"{where} {plain(statistics.median(ratios))} ({len(ratios)})" for where, ratios in sorted(placed.items(), reverse=True)))
    for row in rows:
        reasons = left_out(row.name, lines)
        if reasons:
            text.append(f"{row.name}, after the first round without " + "; ".join(f"{name} ({why})" for name, why in reasons.items()))
    return "\n".join(f"- {line}" for line in dict.fromkeys(text))


def report(rows, lines):
    return "\n\n".join((speed_table(rows, lines), "Peak resident memory:", memory_table(rows, lines), notes(rows, lines)))
