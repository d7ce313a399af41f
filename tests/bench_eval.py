#!/usr/bin/env python3
"""What bench/secrets_eval.py counts, proved on a corpus of a few lines; prints TAP."""
import contextlib
import io
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
sys.dont_write_bytecode = True
import secrets_corpora  # noqa: E402
import secrets_eval  # noqa: E402

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def scored(text, labels, findings):
    """The score of findings (line, value) on one file a.txt with labels (first, last, truth, begin, end)."""
    with tempfile.TemporaryDirectory() as tree:
        with open(os.path.join(tree, "a.txt"), "w", encoding="utf-8") as file:
            file.write(text)
        rows = [secrets_eval.Row("a.txt", a, b, truth, "password", begin, end) for a, b, truth, begin, end in labels]
        found = [secrets_eval.Finding("a.txt", line, line, "rule", value) for line, value in findings]
        result = secrets_eval.score(rows, found, tree)
        true, hit, wrong, false = result.totals()
        return true, hit, wrong, false, len(result.loose)


@test
def a_file_falls_into_the_same_half_everywhere():
    halves = [secrets_corpora.Corpus.half("src/%d.c" % number) for number in range(8)]
    assert halves == ["test", "test", "test", "test", "test", "tune", "tune", "test"], halves


@test
def a_secret_on_the_line_of_a_finding_is_found():
    assert scored("x\npassword = hunter42\n", [(2, 2, "T", 11, 19)], [(2, "hunter42")]) == (1, 1, 0, 0, 0)


@test
def a_finding_on_a_line_labelled_false_is_wrong():
    assert scored("a = b\n", [(1, 1, "F", 4, 5)], [(1, "b")]) == (0, 0, 1, 1, 0)


@test
def of_two_values_on_a_line_only_the_one_found_counts():
    text = "one=aaaaaaaaaa two=bbbbbbbbbb\n"
    labels = [(1, 1, "T", 4, 14), (1, 1, "T", 19, 29)]
    assert scored(text, labels, [(1, "bbbbbbbbbb")]) == (2, 1, 0, 0, 0)
    assert scored(text, labels, [(1, "bbbbbbbbbb"), (1, "aaaaaaaaaa")]) == (2, 2, 0, 0, 0)


@test
def a_finding_where_nobody_labelled_is_neither_right_nor_wrong():
    assert scored("a\nb\n", [(1, 1, "T", 0, 1)], [(2, "b")]) == (1, 0, 0, 0, 1)


@test
def two_rules_for_one_place_count_once():
    assert scored("k = v\n", [(1, 1, "F", 4, 5)], [(1, "v"), (1, "v")]) == (0, 0, 1, 1, 0)


@test
def a_label_for_the_whole_file_is_hit_by_any_line():
    assert scored("a\nb\n", [(0, 0, "T", -1, -1)], [(2, "b")]) == (1, 1, 0, 0, 0)


@test
def counted_files_cap_what_is_found_and_charge_what_is_beyond():
    assert scored("a\n" * 9, [(0, 0, "N", 3, 2)], [(n, "a") for n in (1, 2)]) == (3, 2, 0, 0, 0)
    assert scored("a\n" * 9, [(0, 0, "N", 3, 2)], [(n, "a") for n in (1, 2, 3, 4, 5, 6)]) == (3, 3, 1, 0, 0)


@test
def what_no_gate_blocks_is_not_in_the_totals():
    assert secrets_corpora.category_of("Token:UUID") == "token"
    assert secrets_corpora.category_of("Token", "00000000-0000-4000-8000-000000000000") == "identifier"
    assert secrets_corpora.category_of("UUID") == "identifier"
    result = secrets_eval.Score()
    result.true["identifier"] = 5
    assert result.totals() == (0, 0, 0, 0)


@test
def the_test_half_shows_no_misses():
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            secrets_eval.main(["--half", "test", "--misses", "x", "stopwater=x"])
            raise AssertionError("it went on")
        except SystemExit as end:
            assert end.code == 2
    assert "tune half only" in said.getvalue()


def main():
    failed = 0
    print("1..%d" % len(TESTS))
    for number, function in enumerate(TESTS, 1):
        try:
            function()
            print("ok %d - %s" % (number, function.__name__))
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print("not ok %d - %s: %s %s" % (number, function.__name__, type(error).__name__, error))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
