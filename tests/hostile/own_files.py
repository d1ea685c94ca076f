"""Hostile data files and label columns of `zhtm corpus make`."""

from __future__ import annotations

import os
from random import Random

from tiny import data_text, wave

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, ROW, Case, Codes, random_of
from hostile.csvs import random_csv
from hostile.own_corpora import FILES, MOMENT, csv_text, made_case, point_rows


def make_data_case(seed: int, number: int) -> Case:
    """A hostile data file beside a good one with labels, or a hostile column of labels."""
    rng = random_of(seed, "make-data", number)
    files = {**FILES, "inputs/l.csv": csv_text("file,timestamp", point_rows()).encode()}
    how = rng.random()
    if how < 0.6:
        content, codes, note = random_csv(rng)
        files["inputs/plant/boiler/odd.csv"] = content
        codes = REFUSE if codes == ROW else MAY if REFUSE & codes or ROW & codes else ACCEPT
        return made_case("make-data", number, note, ["--labels", "inputs/l.csv"], codes, files)
    if how < 0.75:
        raw = rng.choice([*texts.FILE_NAMES, *texts.FILE_NAMES_UNLABELLED])
        if len(raw) > 230:
            raw = raw[:100] + b".csv"  # a detector's name does not fit before it
        files[f"inputs/plant/boiler/{os.fsdecode(raw)}"] = data_text(wave(30)).encode()
        return made_case("make-data", number, f"name {raw!r}", ["--labels", "inputs/l.csv"], MAY, files)
    if how < 0.82:
        zone, other = rng.choice(["Z", "+05:30", "-11:00"]), rng.choice(["", "Z", "+05:30"])
        files["inputs/plant/a.csv"] = data_text(wave(60)).replace(":00,", f":00{zone},").encode()
        files["inputs/l.csv"] = csv_text("file,timestamp", [["a.csv", MOMENT[40] + (other and zone)]]).encode()
        return made_case("make-data", number, f"zone {zone}{other}", ["--labels", "inputs/l.csv"], ACCEPT, files)
    note, codes, text, options = _labelled_column(rng)
    files = {"inputs/plant/a.csv": text.encode("utf-8", "surrogatepass")}
    return made_case("make-data", number, note, options, codes, files)


def _labelled_column(rng: Random) -> tuple[str, Codes, str, list[str]]:
    records = zip(MOMENT, wave(80).tolist(), strict=True)
    rows = [[moment, repr(value), str(int(place in (40, 41, 60)))] for place, (moment, value) in enumerate(records)]
    header, options = ["timestamp", "value", "is_anomaly"], ["--label-column", "is_anomaly"]
    note, codes = "valid", ACCEPT
    how = rng.random()
    if how < 0.4:
        text = rng.choice((*texts.NUMBERS_BAD, "2", "-1", "0.5", "1e-3", "1.0000000000000002", "yes"))
        rows[rng.randrange(80)][2] = '"{}"'.format(text.replace('"', '""'))
        note, codes = f"label {text[:40]!r}", ACCEPT if text.lower() in ("true", "false") else REFUSE
    elif how < 0.55:
        note, codes, value = rng.choice([("all 0", REFUSE, "0"), ("all 1", REFUSE, "1"), ("all empty", REFUSE, "")])
        for row in rows:
            row[2] = value
    elif how < 0.7:
        column = rng.randrange(2)
        text = rng.choice((texts.TIMES_BAD, texts.NUMBERS_BAD)[column])
        rows[50][column] = '"{}"'.format(text.replace('"', '""'))
        note, codes = f"column {column}: {text[:40]!r}", REFUSE
    elif how < 0.8:
        header[rng.randrange(3)] = name = rng.choice(
            ["", "x", "value", "Value", texts.ESCAPE, "is_anomaly", "timestamp"]
        )
        note, codes = f"column {name!r}", REFUSE if sorted(header) != ["is_anomaly", "timestamp", "value"] else MAY
        if header == ["timestamp", "value", "is_anomaly"]:
            codes = ACCEPT
    elif how < 0.95:
        option, name = (
            rng.choice(["--label-column", "--timestamp-column", "--value-column"]),
            rng.choice(
                [
                    "",
                    "x",
                    "Value",
                    texts.ESCAPE,
                    "is_anomaly",
                    "timestamp",
                    "value",
                    "a" * 5000,
                    "a\nb",
                    os.fsdecode(b"\xff"),
                ]
            ),
        )
        options = [*options, option, name]
        note, codes = f"{option} {name[:20]!r}", REFUSE
        if (
            name
            == {"--label-column": "is_anomaly", "--timestamp-column": "timestamp", "--value-column": "value"}[option]
        ):
            codes = ACCEPT
    return note, codes, csv_text(",".join(header), rows), options
