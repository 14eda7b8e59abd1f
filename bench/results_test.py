#!/usr/bin/env python3
"""The comparison's arithmetic on recorded lines: ratios, spread, what is left out, what needn't be run again, the table."""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import types
import unittest
from importlib import machinery, util

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

import results  # noqa: E402
import rows  # noqa: E402


def load_compare():
    """bench/compare has no ending, which import needs."""
    loader = machinery.SourceFileLoader("compare", str(BENCH / "compare"))
    module = util.module_from_spec(util.spec_from_loader("compare", loader))
    loader.exec_module(module)
    return module


def line(number, contender, ms, rss_mb=100.0, quiet=True, row="W3"):
    return {"event": "run", "row": row, "round": number, "contender": contender, "group": contender.split()[0], "ms": ms, "rss_mb": rss_mb,
            "quiet": quiet, "probe_before": 200.0, "probe_after": 190.0}


def whole(number, row="W3"):
    return {"event": "round", "row": row, "round": number}


# Two rounds of W3 in which the fastest peer changes.
LINES = [
    line(1, "sloy", 10.0, 40), line(1, "pytorch eager", 30.0, 700), line(1, "pytorch eager+malloc", 20.0, 690, quiet=False),
    line(1, "jax jit", 25.0, 250), line(1, "jax jit+malloc", 60.0, 240), line(1, "keras graph", 50.0, 500),
    line(2, "sloy", 8.0, 44), line(2, "pytorch eager+malloc", 24.0, 690), line(2, "jax jit", 22.0, 260),
    line(1, "sloy", 1.0, row="W1"), whole(1), whole(2), whole(1, "W1"),
]
ROW = rows.Row("W3", "convnet", 2.2, 2.5, rows.bench("W3"), (), 0.15)


class Arithmetic(unittest.TestCase):
    def test_a_ratio_is_of_the_rounds_own_fastest_peer(self):
        found = results.summary("W3", LINES)
        # 20 / 10 with PyTorch, then 22 / 8 with JAX
        self.assertEqual(found["ratio"], {"median": 2.375, "min": 2.0, "max": 2.75})
        self.assertEqual(found["rounds"], 2)

    def test_ratios_are_told_apart_by_how_the_cores_lay(self):
        def placed(run, before, after):
            return {**run, "handover_before": before, "handover_after": after}

        lines = [placed(line(1, "sloy", 10.0), 30, 28), line(1, "jax jit", 30.0), whole(1),
                 placed(line(2, "sloy", 15.0), 140, 231), line(2, "jax jit", 30.0), whole(2),
                 placed(line(3, "sloy", 30.0), 30, 150), line(3, "jax jit", 30.0), whole(3)]
        self.assertEqual(results.by_placement("W3", lines), {"near": [3.0], "apart": [2.0]})
        self.assertEqual(results.by_placement("W3", LINES), {})
        self.assertIn("W3 by how Sloy's cores lay: near 3.00 (1), apart 2.00 (1)", results.notes([ROW], lines))

    def test_the_peer_that_is_named_has_the_least_median_of_those_in_all_rounds(self):
        found = results.summary("W3", LINES)
        self.assertEqual(found["peer"], "pytorch eager+malloc")
        self.assertEqual(found["peer_ms"], {"median": 22.0, "min": 20.0, "max": 24.0})

    def test_a_lucky_first_round_of_what_was_left_out_names_nothing(self):
        found = results.summary("W3", [*LINES, line(1, "keras xla", 1.0)])
        self.assertEqual(found["peer"], "pytorch eager+malloc")

    def test_the_ratio_is_of_medians_that_are_odd_too(self):
        found = results.summary("W3", [*LINES, line(3, "sloy", 10.0), line(3, "jax jit", 50.0), whole(3)])
        self.assertEqual(found["ratio"], {"median": 2.75, "min": 2.0, "max": 5.0})

    def test_memory_is_sloys_most_over_the_leanest_of_all_modes(self):
        found = results.summary("W3", LINES)
        self.assertEqual((found["sloy_mb"], found["leanest_mb"], found["leanest"]), (44, 240, "jax jit+malloc"))
        self.assertAlmostEqual(found["memory_ratio"], 44 / 240)

    def test_noisy_runs_are_counted(self):
        found = results.summary("W3", LINES)
        self.assertEqual((found["noisy_runs"], found["runs"]), (1, 9))

    def test_a_round_without_sloy_or_without_a_peer_does_not_count(self):
        self.assertIsNone(results.summary("W1", LINES))
        found = results.summary("W3", [*LINES, line(3, "jax jit", 1.0), line(4, "sloy", 1.0), whole(3), whole(4)])
        self.assertEqual(found["rounds"], 2)

    def test_part_of_a_round_does_not_count(self):
        found = results.summary("W3", [*LINES, line(3, "sloy", 10.0), line(3, "jax jit", 900.0)])
        self.assertEqual(found["rounds"], 2)

    def test_failures_are_no_times(self):
        failed = {"event": "failed", "row": "W3", "round": 1, "contender": "keras xla", "group": "keras", "why": "exit code 1: no"}
        self.assertEqual(results.summary("W3", [*LINES, failed]), results.summary("W3", LINES))
        self.assertIn("failed", results.left_out("W3", [*LINES, failed])["keras xla"])


class LeavingOut(unittest.TestCase):
    def test_slow_modes_and_slow_peers_stay_out_of_later_rounds(self):
        reasons = results.left_out("W3", LINES)
        self.assertEqual(set(reasons), {"pytorch eager", "jax jit+malloc", "keras graph"})
        self.assertIn("pytorch's fastest mode", reasons["pytorch eager"])  # 1.5 times
        self.assertIn("keras took 2.5 times", reasons["keras graph"])

    def test_just_within_the_limits_is_in(self):
        lines = [line(1, "sloy", 1.0), line(1, "jax jit", 10.0), line(1, "keras graph", 20.0), line(1, "keras xla", 26.0)]
        self.assertEqual(results.left_out("W3", lines), {})

    def test_a_busy_machine_leaves_nothing_out(self):
        self.assertEqual(results.left_out("W3", [line(1, "jax jit", 10.0), line(1, "jax jit+malloc", 90.0, quiet=False)]), {})

    def test_later_rounds_and_other_rows_decide_nothing(self):
        lines = [*LINES, line(2, "jax jit", 900.0), line(1, "jax jit", 900.0, row="W9")]
        self.assertEqual(results.left_out("W3", lines), results.left_out("W3", LINES))


class GoingOn(unittest.TestCase):
    def setUp(self):
        silence = contextlib.redirect_stderr(io.StringIO())
        silence.__enter__()
        self.addCleanup(silence.__exit__, None, None, None)

    def comparison(self, folder, program="a hash", **options):
        """With stand-ins for what takes time; `ran` is what would have run."""
        compare = load_compare()
        given = {"out": pathlib.Path(folder) / "lines.jsonl", "rows": ["W3"], "rounds": 2, "only": None, "budget": None,
                 "peers": pathlib.Path(folder), **options}
        compare.Probe = lambda options, fastest: types.SimpleNamespace(fastest=fastest)
        compare.machine = lambda options: {"event": "machine", "cpu": "recorded", "cores": 2, "program": program}
        compare.why_missing = lambda group, options: "there is none" if group == "keras" else ""
        ran = []

        def measured(contender, probe, options):
            ran.append(contender.name)
            return {"ms": 100.0 if "compile" in contender.name else 10.0, "rss_mb": 1.0, "quiet": True, "probe_before": 1.0,
                    "probe_after": 1.0}

        compare.measured = measured
        return compare.Comparison(types.SimpleNamespace(**given)), ran

    def test_a_comparison_that_was_interrupted_does_the_rest_only(self):
        with tempfile.TemporaryDirectory() as folder:
            complete, ran = self.comparison(folder)
            self.assertTrue(complete.run_all())
            every_run = list(ran)
            text = (pathlib.Path(folder) / "lines.jsonl").read_text().splitlines()
            self.assertEqual(sum(json.loads(t)["event"] == "run" for t in text), len(every_run))
            self.assertEqual(json.loads(text[-1]), whole(2))
            (pathlib.Path(folder) / "lines.jsonl").write_text("\n".join(text[:-4]) + "\n")
            rest, ran = self.comparison(folder)
            self.assertTrue(rest.run_all())
            self.assertEqual(ran, every_run[-3:])
            self.assertEqual(results.summary("W3", rest.lines), results.summary("W3", complete.lines))

    def test_lines_of_another_program_are_not_gone_on_with(self):
        with tempfile.TemporaryDirectory() as folder:
            self.comparison(folder)
            with self.assertRaisesRegex(SystemExit, "program a hash, not another"):
                self.comparison(folder, program="another")

    def test_the_second_round_leaves_out_what_was_slow(self):
        with tempfile.TemporaryDirectory() as folder:
            comparison, ran = self.comparison(folder)
            comparison.run_all()
            self.assertEqual(sum("compile" in name for name in ran), 4)  # with channels last and malloc, once each
            self.assertEqual(ran.count("jax jit"), 2)
            self.assertEqual(ran.count("sloy"), 2)

    def test_a_missing_peer_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            comparison, ran = self.comparison(folder)
            comparison.run_all()
            self.assertFalse([name for name in ran if name.startswith("keras")])
            self.assertIn("keras was not measured: there is none", results.report([rows.ROWS["W3"]], comparison.lines))

    def test_only_some_modes(self):
        with tempfile.TemporaryDirectory() as folder:
            comparison, ran = self.comparison(folder, rounds=1, only=["jax*", "pytorch *last+malloc"])
            comparison.run_all()
            self.assertEqual(ran, ["sloy", "pytorch channels_last+malloc", "pytorch compile_channels_last+malloc", "jax jit", "jax jit+malloc"])

    def test_no_time_left_is_unfinished(self):
        with tempfile.TemporaryDirectory() as folder:
            comparison, ran = self.comparison(folder, budget=-1.0)
            self.assertFalse(comparison.run_all())
            self.assertEqual(ran, [])


class Table(unittest.TestCase):
    def test_a_row(self):
        text = results.speed_table([ROW], LINES)
        self.assertEqual(text.splitlines()[2],
                         "| W3 | convnet | 9 ms (8 ms … 10 ms) | 22 ms (20 ms … 24 ms) pytorch eager+malloc | 2.38 (2.00 … 2.75) | 2.20 | 2.50 | "
                         "must | 2 | 1 of 9 |")

    def test_memory(self):
        self.assertIn("| W3 | 44 | 240 jax jit+malloc | 0.18 | 0.15 |  | **no** |", results.memory_table([ROW], LINES))

    def test_a_row_in_milliseconds_is_judged_by_sloys_time(self):
        row = rows.Row("W3", "start", 150, 9.5, rows.bench("W3"), (), in_milliseconds=True)
        self.assertIn("| 150 ms | 9.5 ms | aim |", results.speed_table([row], LINES))

    def test_what_was_not_measured_says_so(self):
        self.assertIn("| W1 | MLP, training step | not measured |", results.speed_table([rows.ROWS["W1"]], LINES))

    def test_verdicts(self):
        self.assertEqual(results.verdict(2.5, 2.2, 2.5), "aim")
        self.assertEqual(results.verdict(2.49, 2.2, 2.5), "must")
        self.assertEqual(results.verdict(2.19, 2.2, 2.5), "**no**")
        self.assertEqual(results.verdict(0.96, 0.95, None), "must")
        self.assertEqual(results.verdict(0.5, 0.47, 0.4, less_is_better=True), "**no**")
        self.assertEqual(results.verdict(4.0, None, None), "")

    def test_times_have_units(self):
        self.assertEqual([results.time_text(ms) for ms in (0.0021, 0.25, 123.4, 1234.0)], ["2.1 µs", "0.25 ms", "123 ms", "1.23 s"])


class Rows(unittest.TestCase):
    def test_every_workload_faces_every_framework_with_tuned_malloc_too(self):
        for name in rows.TRAININGS:
            groups = {peer.group for peer in rows.ROWS[name].peers}
            self.assertLessEqual({"pytorch", "jax", "keras"}, groups)
            self.assertTrue(any(peer.mode.endswith("+malloc") for peer in rows.ROWS[name].peers))
        self.assertIn("libtorch C++", {peer.name for peer in rows.ROWS["W2"].peers})

    def test_names_within_a_row_differ(self):
        for row in rows.ROWS.values():
            names = [contender.name for contender in (row.sloy, *row.peers)]
            self.assertEqual(len(names), len(set(names)))

    def test_scripts_and_recipe_exist(self):
        for row in rows.ROWS.values():
            for contender in (row.sloy, *row.peers):
                for word in contender.command:
                    if word.startswith("/"):
                        self.assertTrue(pathlib.Path(word).exists(), word)


if __name__ == "__main__":
    unittest.main()
