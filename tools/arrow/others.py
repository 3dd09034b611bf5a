"""Others write exports, Tessera imports them and must read the same rows; Tessera writes embeddings, others read them to the bit.

    python others.py TESSERA FOLDER
"""

import datetime
import pathlib
import random
import subprocess
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pyarrow.feather
import pyarrow.parquet

tessera, folder = sys.argv[1], pathlib.Path(sys.argv[2])

PAGES = ["home", "cards", "loans", "größe & co", "apply"]
CONFIGURATION = """
preset: tiny
training: { epochs: 1, batchSessions: 16 }
"""
MAPPING = """
visitor: visitor_id
time: { column: time, unit: iso8601, zone: UTC }
fields:
  - { name: page, column: page, kind: categorical }
  - { name: amount, column: amount, kind: numeric }
"""


def run(*arguments, code=0):
    done = subprocess.run([tessera, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def clicks():
    """One table of clicks, times ascending within a visitor, amounts missing now and then."""
    chance = random.Random(7)
    rows = []
    for visitor in range(40):
        for session in range(2):
            for event in range(chance.randint(3, 9)):
                seconds = 1_795_253_400 + visitor * 3_000 + session * 86_400 + event * 60
                rows.append(
                    {
                        "visitor_id": f"person{visitor}",
                        "time": datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc),
                        "page": chance.choice(PAGES),
                        "amount": chance.choice([None, chance.randint(0, 4000) / 4]),
                    }
                )
    return pyarrow.Table.from_pylist(
        rows,
        pyarrow.schema(
            [("visitor_id", pyarrow.string()), ("time", pyarrow.timestamp("us", "UTC")), ("page", pyarrow.string()), ("amount", pyarrow.float64())]
        ),
    )


def exports(table):
    """The same rows as every tool writes them by itself."""
    frame = table.to_pandas()
    frame.to_csv(folder / "clicks.csv", index=False)
    frame.to_json(folder / "clicks.jsonl", orient="records", lines=True, date_format="iso", date_unit="us")
    pyarrow.parquet.write_table(table, folder / "pyarrow.parquet", row_group_size=50)
    dictionary = table.set_column(2, "page", table["page"].dictionary_encode()).set_column(0, "visitor_id", table["visitor_id"].cast("large_string"))
    pyarrow.parquet.write_table(dictionary, folder / "dictionary.parquet", compression="gzip", data_page_version="2.0")
    pyarrow.parquet.write_table(table, folder / "nanoseconds.parquet", coerce_timestamps=None, compression="snappy", version="2.6")
    pyarrow.feather.write_feather(dictionary, folder / "pyarrow.feather", compression="zstd")
    with pyarrow.OSFile(str(folder / "pyarrow.arrows"), "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table, max_chunksize=33)
    frame.assign(page=frame["page"].astype("category")).to_parquet(folder / "pandas.parquet")
    polars.from_arrow(table).write_parquet(folder / "polars.parquet")
    polars.from_arrow(table).write_ipc(folder / "polars.arrow")
    duckdb.from_arrow(table).write_parquet(str(folder / "duckdb.parquet"), compression="zstd")
    return [path.name for path in sorted(folder.glob("*")) if path.suffix in (".parquet", ".feather", ".arrow", ".arrows", ".jsonl")]


def embeddings(corpus, name):
    run("embed", corpus, "--model", "m", "--out", name)
    return (folder / name).read_bytes()


def same(reader, keys, floats, expected_keys, expected):
    floats = numpy.ascontiguousarray(floats, numpy.float32)
    assert list(keys) == expected_keys, f"{reader}: other sessions"
    assert floats.shape == expected.shape and floats.tobytes() == expected.tobytes(), f"{reader}: other bits"
    print(f"arrow: {reader} reads the same {floats.shape[0]} embeddings of {floats.shape[1]} floats to the bit")


def others_read(name, keys, expected):
    path = str(folder / name)
    table = pyarrow.parquet.read_table(path)
    size = expected.shape[1]
    assert table.schema.field("embedding").type == pyarrow.list_(pyarrow.field("element", pyarrow.float32(), False), size), table.schema
    assert pyarrow.parquet.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    flat = table["embedding"].combine_chunks().flatten().to_numpy().reshape(-1, size)
    same(f"pyarrow {pyarrow.__version__}", table["session"].to_pylist(), flat, keys, expected)
    frame = pandas.read_parquet(path)
    same(f"pandas {pandas.__version__}", frame["session"], numpy.stack(frame["embedding"].to_list()), keys, expected)
    frame = polars.read_parquet(path)
    same(f"polars {polars.__version__}", frame["session"], numpy.stack([row for row in frame["embedding"].to_numpy()]), keys, expected)
    rows = duckdb.sql(f"select session, embedding from read_parquet('{path}')").fetchall()
    same(f"duckdb {duckdb.__version__}", [row[0] for row in rows], [row[1] for row in rows], keys, expected)
    try:
        import pyspark
        from pyspark.sql import SparkSession
    except ImportError:
        print("arrow: skipped Spark: it is not installed")
        return
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    rows = session.read.parquet(path).collect()
    same(f"Spark {pyspark.__version__}", [row.session for row in rows], [row.embedding for row in rows], keys, expected)
    session.stop()


table = clicks()
(folder / "clicks.yaml").write_text(MAPPING)
(folder / "m.yaml").write_text(CONFIGURATION)
names = exports(table)
run("import", "clicks.csv", "--mapping", "clicks.yaml", "--out", "clicks.corpus")
run("pretrain", "clicks.corpus", "--out", "m", "--config", "m.yaml", "--seed", "3")
expected = embeddings("clicks.corpus", "csv.npy")
for name in names:
    run("import", name, "--mapping", "clicks.yaml", "--out", f"{name}.corpus")
    assert embeddings(f"{name}.corpus", f"{name}.npy") == expected, f"{name}: other rows than the CSV file"
    print(f"arrow: {name} imports as the CSV file does")
embeddings("clicks.corpus", "e.parquet")
run("embed", "clicks.corpus", "--model", "m", "--out", "again.parquet", "--threads", "1")
assert (folder / "e.parquet").read_bytes() == (folder / "again.parquet").read_bytes(), "other bytes at another number of threads"
embeddings("clicks.corpus", "e.jsonl")
keys = polars.read_ndjson(folder / "e.jsonl")["session"].to_list()
others_read("e.parquet", keys, numpy.load(folder / "csv.npy"))
