import gzip

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.text.name_lists import fault_if_unlisted, read_names


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("file", "content", "column", "names"),
    [
        ("a.txt", "\ufeffParis\r\n\n  New York \nÉvry", None, ["Paris", "New York", "Évry"]),
        ("names", "a, b\n", None, ["a, b"]),
        ("mac.txt", "New York\rRome\r", None, ["New York", "Rome"]),
        ("mac.csv", "name,of\rParis,France\rRome,Italy\r", "name", ["Paris", "Rome"]),
        (
            "a.csv",
            'name,of\r\n"New York, NY",USA\r\n\r\n"two\r\nlines",x\r\n',
            "name",
            ["New York, NY", "two\r\nlines"],
        ),
        ("a.TSV", 'of\tname\nUSA\t"York\n', "name", ['"York']),
        ("a.json", '["Paris", "", ["Rome"]]', None, ["Paris", "Rome"]),
        ("a.json", '{"all": [{"city": "Paris"}, {"city": ["Rome", "Roma"]}]}', "all.city", ["Paris", "Rome", "Roma"]),
        ("a.jsonl", '{"city": "Paris"}\n\n{"city": "Rome"}\n', "city", ["Paris", "Rome"]),
        ("a.ndjson", '"Paris"\n"Rome"', None, ["Paris", "Rome"]),
    ],
)
def test_names_of_every_format(tmp_path, file, content, column, names):
    assert read_names(written(tmp_path, file, content), column) == names


@pytest.mark.parametrize("ending", ["", ".gz", ".GZ"])
def test_names_packed_by_gzip(tmp_path, ending):
    table = gzip.compress(b"name,of\nParis,France\n") + gzip.compress(b"Rome,Italy\n")
    assert read_names(written(tmp_path, f"a.csv{ending}", table), "name") == ["Paris", "Rome"]


def test_encodings(tmp_path):
    assert read_names(written(tmp_path, "a.txt", "Åland\n".encode("latin-1")), None, "latin-1") == ["Åland"]
    assert read_names(written(tmp_path, "b.txt", "Åland\nx".encode("utf-16")), None, "utf-16") == ["Åland", "x"]


def test_an_encoding_of_two_bytes_that_is_not_named(tmp_path):
    path = written(tmp_path, "a.txt", "Rome\n".encode("utf-16-le"))
    with pytest.raises(DataError) as caught:
        read_names(path)
    assert str(caught.value) == (
        f"{path}: should be utf-8 text. Found every second byte 0, as in UTF-16 without a byte-order mark. If the file "
        "is written in UTF-16, name it under 'encodings': utf-16-le."
    )


NAME_IT = "If the file is written in another encoding, name it under 'encodings'"


@pytest.mark.parametrize(
    ("file", "content", "column", "encoding", "message"),
    [
        ("a.txt", "\n \n", None, "utf-8", ": should hold at least one name. There is none."),
        ("a.csv", "name\n", "name", "utf-8", ": should hold at least one name. There is none."),
        (
            "a.txt",
            b"Paris\n\xc5land\n",
            None,
            "utf-8",
            f":2: should be utf-8 text. Found the byte 0xc5. {NAME_IT}: latin-1.",
        ),
        (
            "a.txt",
            b"O\x92Hare\n",
            None,
            "utf-8",
            f":1: should be utf-8 text. Found the byte 0x92. {NAME_IT}: cp1252.",
        ),
        ("a.txt", b"\x81\n", None, "utf-8", f":1: should be utf-8 text. Found the byte 0x81. {NAME_IT}."),
        (
            "a.txt",
            "Rome\nÅland\n".encode(),
            None,
            "ascii",
            f":2: should be ascii text. Found the byte 0xc3. {NAME_IT}: utf-8.",
        ),
        ("a.txt", b"\x00\xd8x", None, "utf-16-le", f":1: should be utf-16-le text. Found other bytes. {NAME_IT}."),
        (
            "a.txt",
            b"x",
            None,
            "utf-9",
            ": should be in an encoding that Python knows (utf-8, latin-1, …). Found 'utf-9' under 'encodings'.",
        ),
        (
            "a.txt",
            b"x",
            None,
            "undefined",
            ": should be in an encoding of texts (utf-8, latin-1, …). Found 'undefined' under 'encodings'.",
        ),
        (
            "a.json",
            '["Paris", ' + "7" * 5000 + "]",
            None,
            "utf-8",
            ": should be JSON with numbers of at most 4,300 digits. Found a longer one.",
        ),
        (
            "a.jsonl",
            '"Paris"\n' + "7" * 5000,
            None,
            "utf-8",
            ":2: should be JSON with numbers of at most 4,300 digits. Found a longer one.",
        ),
        (
            "a.txt",
            gzip.compress(gzip.compress(b"Paris", mtime=0), mtime=0),
            None,
            "utf-8",
            ": should be names as text. Found gzip. Unpack it first (gunzip).",
        ),
        (
            "a.txt.gz",
            gzip.compress(b"Paris\n" * 9, mtime=0)[:-9],
            None,
            "utf-8",
            ": should be a gzip file that can be unpacked to its end. Found: Compressed file ended before the "
            "end-of-stream marker was reached.",
        ),
        (
            "a.txt",
            "Paris",
            "name",
            "utf-8",
            ": should be a table or JSON (.csv, .tsv, .json, .jsonl, .ndjson), as 'columns' says 'name' of it. "
            "Found a file of lines. Leave its column out, or give the file its ending.",
        ),
        (
            "a.csv",
            "name,country\nParis,France\n",
            None,
            "utf-8",
            ":1: should have the column of its names under 'columns'. There is none. Its columns: country, name.",
        ),
        (
            "a.csv",
            "name,country\nParis,France\n",
            "nam",
            "utf-8",
            ":1: should have a column 'nam'. There is none. Did you mean 'name'?",
        ),
        (
            "a.tsv",
            "name\tcountry\n",
            "x",
            "utf-8",
            ":1: should have a column 'x'. There is none. Its columns: country, name.",
        ),
        (
            "a.csv",
            "name,country\nParis,France\nWashington, D.C.,USA\n",
            "name",
            "utf-8",
            ":3: should have 2 fields, as the first row has. Found 3.",
        ),
        (
            "a.csv",
            'name\n"Paris"x\n',
            "name",
            "utf-8",
            ":2: should be a row of CSV. Found: ',' expected after '\"'.",
        ),
        (
            "a.json",
            '["Paris",\n"Rome"',
            None,
            "utf-8",
            ":2: should be JSON. Found what is not: Expecting ',' delimiter.",
        ),
        ("a.json", "[" * 100_000, None, "utf-8", ": should be JSON. Found brackets nested too deep."),
        (
            "a.json",
            '{"about": "x", "cities": []}',
            None,
            "utf-8",
            ": should be a name. Found an object with the keys about, cities. "
            "'columns' says where names are: keys with dots between them.",
        ),
        (
            "a.json",
            '{"cities": [{"name": "Paris"}]}',
            "cities.nam",
            "utf-8",
            ": cities[0]: should have a key 'nam', as 'columns' says 'cities.nam'. Found an object with the keys name. "
            "Did you mean 'name'?",
        ),
        (
            "a.json",
            '{"cities": ["Paris"]}',
            "cities.name",
            "utf-8",
            ": cities[0]: should have a key 'name', as 'columns' says 'cities.name'. Found str: 'Paris'.",
        ),
        ("a.json", '{"cities": ["Paris", null]}', "cities", "utf-8", ": cities[1]: should be a name. Found null."),
        ("a.json", "[{}]", None, "utf-8", ": [0]: should be a name. Found an object without keys."),
        (
            "a.json",
            '[{"cities": [["Paris"], ["Rome", {"name": "Oslo"}]]}]',
            "cities",
            "utf-8",
            ": [0].cities[1][1]: should be a name. Found an object with the keys name. 'columns' says where names are: "
            "keys with dots between them.",
        ),
        (
            "a.json",
            '{"cities": {"large": [{"name": "Paris"}, {"names": "Rome", "in": "Italy"}]}}',
            "cities.large.name",
            "utf-8",
            ": cities.large[1]: should have a key 'name', as 'columns' says 'cities.large.name'. Found an object with "
            "the keys in, names. Did you mean 'names'?",
        ),
        (
            "a.json",
            '{"town": "Paris"}',
            "name",
            "utf-8",
            ": should have a key 'name', as 'columns' says 'name'. Found an object with the keys town.",
        ),
        (
            "a.jsonl",
            '{"city": "Paris"}\n{"city": 7}\n',
            "city",
            "utf-8",
            ":2: city: should be a name. Found int: 7.",
        ),
        (
            "a.jsonl",
            '{"city": "Paris"}\n{"city":\n',
            "city",
            "utf-8",
            ":2: should be JSON. Found what is not: Expecting value.",
        ),
    ],
)
def test_files_that_hold_no_names_where_they_should(tmp_path, file, content, column, encoding, message):
    path = written(tmp_path, file, content)
    with pytest.raises(DataError) as caught:
        read_names(path, column, encoding)
    assert str(caught.value) == f"{path}{message}"


def test_files_that_cannot_be_read(tmp_path):
    for path, reason in ((tmp_path / "none.txt", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(DataError) as caught:
            read_names(path)
        assert str(caught.value) == f"{path}: should be a readable file of names. Found: {reason}."


def test_keys_about_lists_that_there_are_not():
    lists = {"city": "a.txt", "artist": "b.txt"}
    fault_if_unlisted(lists, columns={"city": "x"}, encodings={})
    for name, hint in (("citi", " Did you mean 'city'?"), ("dish", " There are: artist, city.")):
        with pytest.raises(UsageError) as caught:
            fault_if_unlisted(lists, columns={}, encodings={name: "latin-1"})
        assert str(caught.value) == f"'encodings' should be about lists that 'lists' has. Found '{name}'.{hint}"
