"""`huiying due` and `huiying tick`, in processes of their own."""

from __future__ import annotations

from pathlib import Path

from tests.service.cli_kit import answer, huiying

ZH = "起算 2026-09-18 + 15 个工作日，中秋节、国庆节放假，09-20、10-10 调休上班，= 2026-10-15。日历：holidays"
EN = (
    "from 2026-09-18 + 15 working days, Mid-Autumn Festival and National Day off, 09-20 and 10-10 worked, = 2026-10-15."
)
CALENDAR = """
[calendars.2027]
source = "测试放假通知"
holidays = [{ date = 2027-01-01, name = "元旦" }, { date = 2027-01-21, name = "春节" }]
workdays = [2027-01-03]
"""


def test_due_tells_the_date_and_why_in_both_languages(tmp_path: Path) -> None:
    """Without an office: nothing is made in its folder."""
    folder = tmp_path / "none"
    told = answer(folder, "due", "--from", "2026-09-18", "--days", 15, "--working").splitlines()
    assert told[0].startswith(ZH)
    assert told[1].startswith(EN)
    plain = answer(folder, "due", "--from", "2026-11-22", "--days", 60).splitlines()
    assert "60 日 = 2027-01-21（暂定" in plain[0]
    assert "60 days = 2027-01-21 (provisional" in plain[1]
    moved = answer(folder, "due", "--from", "2026-09-18", "--days", 15).splitlines()
    assert "末日 2026-10-03 逢国庆节顺延，= 2026-10-08" in moved[0]
    assert "the last day 2026-10-03 is National Day and moves on, = 2026-10-08" in moved[1]
    assert not folder.exists()


def test_due_refuses_what_is_no_limit(tmp_path: Path) -> None:
    for bad in (["--from", "yesterday", "--days", 5], ["--from", "2026-09-18", "--days", 0], ["--days", 5]):
        assert huiying(tmp_path, "due", *bad).returncode == 2


def test_an_offices_own_calendar_counts_and_a_tick_runs_at_any_instant(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    sample = Path(__file__).parents[2] / "ops" / "samples" / "rulebook.toml"
    answer(folder, "rulebook", "load", sample)
    file = tmp_path / "2027.toml"
    file.write_text(CALENDAR, "utf-8")
    before = answer(folder, "due", "--from", "2026-12-31", "--days", 1, "--working")
    assert "= 2027-01-04（暂定" in before
    answer(folder, "rulebook", "calendar", file)
    after = answer(folder, "due", "--from", "2026-12-31", "--days", 1, "--working")
    assert "01-03 调休上班，= 2027-01-03。" in after
    assert "暂定" not in after
    done = answer(folder, "tick", "--at", "2026-10-09T08:00").splitlines()
    assert [line.split("\t")[:2] for line in done] == [
        ["recomputed", "0"],
        ["announced", "0"],
        ["reminded", "0"],
        ["ordered", "0"],
        ["raised", "0"],
        ["refused", "0"],
    ]
    assert huiying(tmp_path / "none", "tick").returncode == 2
    assert huiying(folder, "tick", "--at", "soon").returncode == 2
