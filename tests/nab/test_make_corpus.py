"""Files of one's own as a corpus: where they are found, columns, labels, and what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny import data_text, read_tree, timestamps, wave

from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.labels import read_windows
from zhtm_detector.nab.make_corpus import MadeFile, make_corpus
from zhtm_detector.nab.own_data import ColumnNames, find_sources
from zhtm_detector.nab.own_labels import read_own_labels
from zhtm_detector.nab.ranges import read_ranges

MOMENT = timestamps(300)


def moment(place: int) -> str:
    return f"{MOMENT[place]}.000000"


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """Three files of 200 records, in two folders."""
    folder = tmp_path / "plant"
    for name in ("a.csv", "boiler/b.csv", "boiler/c.csv"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(data_text(wave(200)))
    return folder


def made_of(plant: Path, labels: Any, *, as_given: bool = False) -> list[MadeFile]:
    path = plant.parent / ("labels.csv" if isinstance(labels, str) else "labels.json")
    path.write_text(labels if isinstance(labels, str) else json.dumps(labels))
    return make_corpus(plant.parent / "mine", find_sources([str(plant)]), path, ColumnNames(), as_given)


def written(plant: Path, name: str) -> Any:
    return json.loads((plant.parent / "mine" / "labels" / name).read_text())


# Finding files


def test_folders_become_categories(plant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (plant / ".hidden").mkdir()
    (plant / ".hidden" / "x.csv").touch()
    (plant / "notes.txt").touch()
    everything = ["boiler/b.csv", "boiler/c.csv", "plant/a.csv"]
    assert [source.relative_path for source in find_sources([str(plant)])] == everything
    assert [source.relative_path for source in find_sources([str(plant)], "top")] == [*everything[:2], "top/a.csv"]
    monkeypatch.chdir(plant)
    assert [source.relative_path for source in find_sources(["."])] == everything
    assert [source.relative_path for source in find_sources(["a.csv", "boiler"])] == everything
    assert [source.relative_path for source in find_sources(["*/*.csv", "boiler/b.csv"])] == everything[:2]
    assert [source.relative_path for source in find_sources([f"{plant}/boiler/[b]*"])] == ["boiler/b.csv"]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (["nowhere"], "--from 'nowhere': not found; expected a folder, a CSV file or a pattern"),
        (["empty"], "--from 'empty': expected files that end in .csv, got none"),
        (["*.tsv"], r"--from '\*\.tsv': expected files that end in .csv, got none"),
        (["x.txt"], "--from 'x.txt': expected files that end in .csv, got 'x.txt'"),
        (["a" * 5000], "--from 'aaa.* cannot be searched"),
        (["one/.a.csv"], "one/.a.csv: expected a name in UTF-8 without control characters, and no part .* with a dot"),
        (["one", "two"], "expected names in the corpus that differ in more than case, got same/A.csv twice|same/a.csv"),
        (
            ["two", "three"],
            "two/same/A.csv and three/.*: expected no file .* with the name of a folder, got same/a.csv",
        ),
    ],
)
def test_files_that_are_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one/same/a.csv", "one/.a.csv", "two/same/A.csv", "three/same/a.csv/b.csv", "x.txt", "empty/x.txt"):
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        Path(name).touch()
    with pytest.raises(InputError, match=said):
        find_sources(places)


# Labels


def test_points_and_ranges(plant: Path) -> None:
    labels = {
        "a.csv": [MOMENT[100]],
        "boiler/b.csv": [[MOMENT[60], MOMENT[90]], MOMENT[150], MOMENT[155]],
        "c.csv": [],
    }
    made = made_of(plant, labels)
    assert [(file.name, file.labels, file.joined, file.placed.merged) for file in made] == [
        ("boiler/b.csv", 3, 0, 1),
        ("boiler/c.csv", 0, 0, 0),
        ("plant/a.csv", 1, 0, 0),
    ]
    assert written(plant, "combined_windows.json") == {
        "boiler/b.csv": [[moment(60), moment(90)], [moment(147), moment(158)]],
        "boiler/c.csv": [],
        "plant/a.csv": [[moment(90), moment(110)]],
    }
    assert written(plant, "combined_labels.json") == {
        "boiler/b.csv": [MOMENT[75], MOMENT[150], MOMENT[155]],
        "boiler/c.csv": [],
        "plant/a.csv": [MOMENT[100]],
    }
    assert written(plant, "ranges.json") == {
        "boiler/b.csv": [[moment(60), moment(90)], [moment(150)] * 2, [moment(155)] * 2],
        "boiler/c.csv": [],
        "plant/a.csv": [[moment(100)] * 2],
    }
    corpus = Corpus(plant.parent / "mine")
    assert read_ranges(corpus)["boiler/b.csv"][1] == (150, 150)
    assert read_windows(corpus)["boiler/b.csv"][1] == (pd.Timestamp(MOMENT[147]), pd.Timestamp(MOMENT[158]))
    for name, source in {"plant/a.csv": "a.csv", "boiler/b.csv": "boiler/b.csv"}.items():
        assert (corpus.root / "data" / name).read_bytes() == (plant / source).read_bytes()


def test_csv_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(f"\ufefffile,timestamp\nx/a.csv,{MOMENT[3]}\n\nb.csv,{MOMENT[5]}\n")
    (tmp_path / "r.csv").write_text(f'file,start,end\r\n"x/a.csv",{MOMENT[3]},{MOMENT[4]}\r\n')
    (tmp_path / "p.json").write_text(json.dumps({"x/a.csv": [MOMENT[3]], "b.csv": [MOMENT[5]]}))
    (tmp_path / "r.json").write_text(json.dumps({"x/a.csv": [[MOMENT[3], MOMENT[4]]]}))
    for kind in "pr":
        of_csv, of_json = (read_own_labels(tmp_path / f"{kind}.{ending}") for ending in ("csv", "json"))
        assert list(of_csv) == list(of_json)
        for name in of_csv:
            assert [(label.ends, label.is_point) for label in of_csv[name]] == [
                (label.ends, label.is_point) for label in of_json[name]
            ]
    assert read_own_labels(tmp_path / "p.csv")["b.csv"][0].where.endswith("p.csv: row 4")


def test_a_file_has_three_names(plant: Path) -> None:
    made = made_of(plant, f"file,timestamp\na.csv,{MOMENT[100]}\nplant/a.csv,{MOMENT[150]}\n")
    assert made[-1].labels == 2


def test_ends_of_a_range_may_lie_between_records(plant: Path) -> None:
    start, end = (MOMENT[place].replace(":00:00", ":01:30") for place in (96, 120))
    made_of(plant, {"a.csv": [[start, end]]}, as_given=True)
    assert written(plant, "combined_windows.json")["plant/a.csv"] == [[moment(97), moment(120)]]
    assert written(plant, "ranges.json")["plant/a.csv"] == [[f"{start}.000000", f"{end}.000000"]]


def test_labels_that_are_the_same_or_overlap_are_joined(plant: Path) -> None:
    def between(place: int) -> str:
        return MOMENT[place][:-2] + "30"

    ranges = [(100, 110), (105, 120), (100, 110), (121, 121)]
    labels = [[MOMENT[start], MOMENT[end]] for start, end in ranges]
    late = [[MOMENT[150], between(155)], [between(155), MOMENT[160]]]  # no record in both
    made = made_of(plant, {"a.csv": [*labels, MOMENT[60], MOMENT[60], *late]})
    assert (made[-1].labels, made[-1].joined) == (8, 4)
    assert written(plant, "ranges.json")["plant/a.csv"] == [
        [moment(first), moment(last)] for first, last in ((60, 60), (100, 120), (121, 121), (150, 160))
    ]


def test_the_wall_clock_of_the_file_counts(plant: Path) -> None:
    text = (plant / "a.csv").read_text().replace(":00,", ":00+02:00,")
    (plant / "a.csv").write_text(text)
    made_of(plant, {"a.csv": [MOMENT[100], MOMENT[150].replace("12:30:00", "10:30:00Z")]})
    assert read_ranges(Corpus(plant.parent / "mine"))["plant/a.csv"] == [(100, 100), (150, 150)]


def test_nanoseconds_are_kept(plant: Path) -> None:
    text = (plant / "a.csv").read_text().replace(":00,", ":00.000000001,")
    (plant / "a.csv").write_text(text)
    made_of(plant, {"a.csv": [f"{MOMENT[100]}.000000001"]})
    assert written(plant, "ranges.json")["plant/a.csv"] == [[f"{MOMENT[100]}.000000001"] * 2]
    assert read_windows(Corpus(plant.parent / "mine"))["plant/a.csv"]


def test_repeated_timestamps(plant: Path) -> None:
    lines = data_text(wave(200)).splitlines()
    lines[102] = lines[101]  # records 100 and 101
    (plant / "a.csv").write_text("\n".join(lines))
    made = made_of(plant, {"a.csv": [MOMENT[100]]}, as_given=True)
    assert made[-1].placed.windows == ((99, 102),)  # each end has a timestamp of its own
    assert written(plant, "ranges.json")["plant/a.csv"] == [[moment(100)] * 2]


def test_no_ranges_but_windows(plant: Path) -> None:
    made_of(plant, {"a.csv": [MOMENT[100]], "b.csv": [MOMENT[100]]})
    path = plant.parent / "mine" / "labels" / "ranges.json"
    corpus = Corpus(plant.parent / "mine")
    path.write_text(json.dumps({"plant/a.csv": written(plant, "ranges.json")["plant/a.csv"]}))
    some = read_ranges(corpus)
    assert some["plant/a.csv"] == [(100, 100)]
    path.unlink()
    windows = read_ranges(corpus)
    assert some["boiler/b.csv"] == windows["boiler/b.csv"]
    assert windows["plant/a.csv"] == [(90, 110)]
    path.write_text('{"x.csv": []}')
    with pytest.raises(InputError, match=r"ranges\.json: x\.csv: expected a file under"):
        read_ranges(corpus)


# Columns


def own_columns(plant: Path, labels: str) -> None:
    rows = zip(MOMENT, wave(200), labels, strict=False)
    lines = ["id,load,when,note,odd", *(f'7,{value!r},{time},"a\nb",{odd}' for time, value, odd in rows)]
    (plant / "a.csv").write_text("\n".join(lines).replace("np.float64(", "").replace(")", ""))
    for name in ("b.csv", "c.csv"):
        (plant / "boiler" / name).unlink()


def test_other_columns_and_a_label_column(plant: Path) -> None:
    own_columns(plant, "".join("1" if place in {5, 100, 101, 102, 180} else "0" for place in range(200)))
    (made,) = make_corpus(
        plant.parent / "mine", find_sources([str(plant)]), None, ColumnNames("when", "load", "odd"), as_given=True
    )
    assert (made.records, made.labels, made.placed.left_out) == (200, 3, 1)
    assert made.placed.windows == ((100, 102), (180, 180))
    corpus = Corpus(plant.parent / "mine")
    assert corpus.load("plant/a.csv").data["value"].tolist() == [float(value) for value in wave(200)]
    text = (corpus.root / "data" / "plant" / "a.csv").read_text().replace("\n\n", "\n")
    assert text == data_text(wave(200))


def test_rows_keep_their_numbers(plant: Path) -> None:
    own_columns(plant, "0" * 200)
    text = (plant / "a.csv").read_text().replace(MOMENT[100], "then")
    (plant / "a.csv").write_text(text)
    row = text[: text.index("then")].count("\n") + 1
    with pytest.raises(InputError, match=rf"a\.csv: row {row}, field timestamp: expected a date .* got 'then'"):
        make_corpus(plant.parent / "mine", find_sources([str(plant)]), None, ColumnNames("when", "load", "odd"))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (ColumnNames(), "row 1: expected one column timestamp of its own, got id,load,when,note,odd"),
        (ColumnNames("when", "when"), "row 1: expected one column when of its own"),
        (ColumnNames("when", "load", "load"), "row 1: expected one column load of its own"),
        (ColumnNames("when", "load", "strange"), "row 1: expected one column strange"),
        (ColumnNames("when", "load", "odd"), "row 4, field odd: expected 0 or 1, or true or false, got '2'"),
    ],
)
def test_bad_columns(plant: Path, names: ColumnNames, said: str) -> None:
    own_columns(plant, "02" + "0" * 198)
    with pytest.raises(InputError, match=said):
        make_corpus(plant.parent / "mine", find_sources([str(plant)]), None, names)
    assert sorted(path.name for path in plant.parent.iterdir()) == ["plant"]


def test_all_or_nothing(plant: Path) -> None:
    before = read_tree(plant.parent)
    (plant / "a.csv").write_text("timestamp,value\n")
    with pytest.raises(InputError, match="at least 2 records"):
        made_of(plant, {"b.csv": [MOMENT[100]]})
    assert set(read_tree(plant.parent)) == {*before, "labels.json"}


def test_nabs_own_windows_as_given(nab_root: Path, tmp_path: Path) -> None:
    labels = nab_root / "labels" / "combined_windows.json"
    make_corpus(tmp_path / "mine", find_sources([str(nab_root / "data")]), labels, ColumnNames(), as_given=True)
    assert (tmp_path / "mine" / "labels" / "combined_windows.json").read_bytes() == labels.read_bytes()
    corpus = Corpus(tmp_path / "mine")
    assert read_ranges(corpus) == read_ranges(Corpus(nab_root))
    assert all(corpus.content(name) == Corpus(nab_root).content(name) for name in corpus.paths)
