from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import ranking


def asked(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks.ranking", *map(str, arguments)])
    ranking.main()


def test_both_sides_are_timed_however_few_queries_there_are(
    ranking_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = ranking_run / "export"
    documents = tmp_path / "documents.txt"
    documents.write_text("it is about moss\n\noh it is about bread\n", "utf-8")
    queries = tmp_path / "queries.txt"
    queries.write_text("moss\nwhat is bread\n", "utf-8")
    for more in (("--queries", queries), ("--count", "5")):
        asked(monkeypatch, bundle, "--documents", documents, *more, "--top", "2")
        rate, header, *rows = capsys.readouterr().out.splitlines()
        assert rate.startswith("3 documents of documents.txt encoded in ")
        assert header.split() == ["one", "query", "P50", "ms", "P90", "ms", "P99", "ms", "ratio", "of", "P50"]
        alone, together = (row.split()[-4:] for row in rows)
        assert (rows[0][:13], rows[1][:13]) == ("encoder alone", "text to top 2")
        assert all(0 < float(number) < 1000 for number in alone + together)
        assert alone[3] == "1.00"
    assert [entry.name for entry in tmp_path.iterdir() if "vectors" in entry.name] == []


def test_a_file_without_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").write_text("", "utf-8")
    with pytest.raises(SystemExit):
        asked(monkeypatch, "export", "--documents", "d", "--queries", tmp_path / "none")
    assert capsys.readouterr().err.endswith(
        f"error: --queries {tmp_path / 'none'} should have lines. There are none.\n"
    )
