"""Vendors' exports read and sessionised by DuckDB and polars, as their user would write it for speed: what `tools/figures speed-exports` is
measured beside.

    python exports_peer.py FILE ga4|snowplow|parquet duckdb|polars [threads=2] [table=OUT.parquet] [rows=OUT.tsv]
    python exports_peer.py CLICKS.csv parquet write OUT.parquet

Both take out of every row what Tessera's mapping takes (but for duplicates and robots, which they do not look for): a visitor's new session
begins after 30 idle minutes. Only what is wanted is named to the reader, so that nothing else is parsed. Prints one JSON line; `rows=OUT`
writes visitor, time, event, page, title, search, device, campaign and whether a session begins there, one line a row, by visitor and time.
"""
import json
import os
import statistics
import sys
import time

OPTIONS = dict(a.split("=", 1) for a in sys.argv[4:] if "=" in a)
THREADS = int(OPTIONS.get("threads", 2))
os.environ["POLARS_MAX_THREADS"] = str(THREADS)
GAP_US = 30 * 60 * 1_000_000

VALUE = dict(string_value="VARCHAR", int_value="VARCHAR", float_value="VARCHAR", double_value="VARCHAR")
GA4 = {
    "event_timestamp": "VARCHAR", "event_name": "VARCHAR", "event_params": [dict(key="VARCHAR", value=VALUE)], "user_pseudo_id": "VARCHAR",
    "user_id": "VARCHAR", "platform": "VARCHAR", "stream_id": "VARCHAR",
    "device": dict(category="VARCHAR", operating_system="VARCHAR", language="VARCHAR", mobile_brand_name="VARCHAR",
                   web_info=dict(browser="VARCHAR", hostname="VARCHAR")),
    "geo": dict(country="VARCHAR", region="VARCHAR", city="VARCHAR"),
    "privacy_info": dict(analytics_storage="VARCHAR", ads_storage="VARCHAR"),
    "collected_traffic_source": dict(manual_source="VARCHAR", manual_medium="VARCHAR", manual_campaign_name="VARCHAR"),
    "batch_page_id": "VARCHAR", "batch_ordering_id": "VARCHAR", "batch_event_index": "VARCHAR",
}
TEXTS = ["page_location", "page_title", "page_referrer", "content_group", "firebase_screen", "search_term"]
NUMBERS = ["ga_session_id", "ga_session_number", "engagement_time_msec"]
EITHER = ["session_engaged"]
# Places in Snowplow's 131 columns, from 1, of what the mapping reads.
SNOWPLOW = {
    "app_id": 1, "platform": 2, "collector": 4, "event_kind": 6, "event_id": 7, "user_id": 13, "visitor": 16, "idx": 17, "network": 18,
    "country": 19, "region": 20, "city": 21, "page": 30, "title": 31, "referrer": 32, "path": 36, "query": 37, "refr_medium": 45,
    "refr_source": 46, "refr_term": 47, "mkt_medium": 48, "mkt_source": 49, "mkt_term": 50, "mkt_content": 51, "campaign": 52,
    "contexts": 53, "se_category": 54, "se_action": 55, "se_label": 56, "se_property": 57, "se_value": 58, "unstruct": 59, "lang": 84,
    "zone": 101, "clickid": 117, "derived": 123, "session": 124, "derived_tstamp": 125, "event": 127, "fingerprint": 130, "true_tstamp": 131,
}
CELLS = {  # name: (column, pattern)
    "page_view_id": ("contexts", r'web_page/[^"]*","data":\{"id":"([^"]*)"'),
    "search": ("unstruct", r'"terms":\["([^"]*)"'),
    "device": ("derived", r'"deviceClass":"([^"]*)"'),
    "os": ("derived", r'"osFamily":"([^"]*)"'),
    "browser": ("derived", r'"useragentFamily":"([^"]*)"'),
}


def sql_type(shape):
    if isinstance(shape, str):
        return shape
    if isinstance(shape, list):
        return sql_type(shape[0]) + "[]"
    return "STRUCT(" + ", ".join(f'"{name}" {sql_type(of)}' for name, of in shape.items()) + ")"


def duckdb(path, form):
    import duckdb as db
    con = db.connect()
    con.execute(f"SET threads={THREADS}")
    if form == "ga4":
        columns = "{" + ", ".join(f"'{n}': '{sql_type(t)}'" for n, t in GA4.items()) + "}"
        value = lambda key, parts: f"coalesce({', '.join(f'p[{chr(39)}{key}{chr(39)}].{x}_value' for x in parts)}) AS {key}"
        parameters = [value(k, ["string"]) for k in TEXTS] + [value(k, ["int"]) for k in NUMBERS] + [value(k, ["string", "int"]) for k in EITHER]
        query = f"""SELECT user_pseudo_id AS visitor, make_timestamp(CAST(event_timestamp AS BIGINT)) AS stamp, event_name AS event, user_id, platform,
            stream_id, {', '.join(parameters)}, device.category AS device, device.operating_system AS os, device.language AS language,
            device.mobile_brand_name AS brand, device.web_info.browser AS browser, device.web_info.hostname AS hostname, geo.country AS country,
            geo.region AS region, geo.city AS city, privacy_info.analytics_storage AS consent, privacy_info.ads_storage AS consent_ads,
            collected_traffic_source.manual_source AS source, collected_traffic_source.manual_medium AS medium,
            collected_traffic_source.manual_campaign_name AS campaign, batch_page_id, batch_ordering_id, batch_event_index
            FROM (SELECT *, map_from_entries(list_transform(event_params, lambda x: (x.key, x.value))) AS p
                  FROM read_json('{path}', format='newline_delimited', columns={columns}))"""
        out = "visitor, epoch_us(stamp), event, page_location, page_title, search_term, device, campaign"
    elif form == "snowplow":
        columns = "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(1, 132)) + "}"
        kept = [f"c{place} AS {name}" for name, place in SNOWPLOW.items() if name not in ("contexts", "unstruct", "derived")]
        cells = [f"nullif(regexp_extract(c{SNOWPLOW[column]}, '{pattern}', 1), '') AS {name}" for name, (column, pattern) in CELLS.items()]
        stamp = "CAST(coalesce(c131, c125, c4) AS TIMESTAMP) AS stamp"
        query = f"""SELECT {stamp}, {', '.join(kept + cells)} FROM read_csv('{path}', delim='\t', quote='', escape='', header=false,
            auto_detect=false, nullstr='', columns={columns})"""
        out = "visitor, epoch_us(stamp), event, page, title, search, device, campaign"
    else:
        query = f"SELECT * EXCLUDE (timestamp), timestamp AS stamp FROM read_parquet('{path}')"
        out = "visitor, epoch_us(stamp), event, page, title, NULL, device, NULL"

    def run():
        con.execute(f"""CREATE OR REPLACE TABLE clicks AS {query}""")
        con.execute(f"""CREATE OR REPLACE TABLE numbered AS SELECT *, sum(start) OVER (ORDER BY visitor, stamp ROWS UNBOUNDED PRECEDING) AS number
            FROM (SELECT *, CASE WHEN stamp - lag(stamp) OVER (PARTITION BY visitor ORDER BY stamp) <= INTERVAL {GAP_US} MICROSECOND
            THEN 0 ELSE 1 END AS start FROM clicks)""")

    def write(place):
        con.execute(f"COPY (SELECT {out}, start FROM numbered ORDER BY visitor, stamp) TO '{place}' (FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '')")
    save = lambda place: con.execute(f"COPY (SELECT * FROM numbered ORDER BY visitor, stamp) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
    return run, lambda: con.execute("SELECT count(*), max(number) FROM numbered").fetchone(), write, save, db.__version__


def polars(path, form):
    import polars as pl

    def kind(shape):
        if isinstance(shape, str):
            return pl.String
        if isinstance(shape, list):
            return pl.List(kind(shape[0]))
        return pl.Struct({name: kind(of) for name, of in shape.items()})
    if form == "ga4":
        def read():
            table = pl.read_ndjson(path, schema={name: kind(of) for name, of in GA4.items()})
            of_key = lambda key: pl.col("event_params").list.eval(
                pl.element().filter(pl.element().struct.field("key") == key).struct.field("value")).list.first().struct
            first = lambda key, parts: pl.coalesce(of_key(key).field(f"{x}_value") for x in parts).alias(key)
            parameters = ([first(k, ["string"]) for k in TEXTS] + [first(k, ["int"]) for k in NUMBERS]
                          + [first(k, ["string", "int"]) for k in EITHER])
            device, geo, privacy = (pl.col(c).struct for c in ("device", "geo", "privacy_info"))
            source = pl.col("collected_traffic_source").struct
            return table.select(
                pl.col("user_pseudo_id").alias("visitor"), pl.col("event_timestamp").cast(pl.Int64).alias("stamp"),
                pl.col("event_name").alias("event"), "user_id", "platform", "stream_id", *parameters, device.field("category").alias("device"),
                device.field("operating_system").alias("os"), device.field("language").alias("language"),
                device.field("mobile_brand_name").alias("brand"), device.field("web_info").struct.field("browser").alias("browser"),
                device.field("web_info").struct.field("hostname").alias("hostname"), geo.field("country").alias("country"),
                geo.field("region").alias("region"), geo.field("city").alias("city"), privacy.field("analytics_storage").alias("consent"),
                privacy.field("ads_storage").alias("consent_ads"), source.field("manual_source").alias("source"),
                source.field("manual_medium").alias("medium"), source.field("manual_campaign_name").alias("campaign"),
                "batch_page_id", "batch_ordering_id", "batch_event_index")
        out = ["page_location", "page_title", "search_term", "device", "campaign"]
    elif form == "snowplow":
        def read():
            table = pl.scan_csv(path, separator="\t", has_header=False, quote_char=None, schema={f"c{i}": pl.String for i in range(1, 132)},
                                null_values=[""])
            stamp = pl.coalesce("c131", "c125", "c4").str.to_datetime("%Y-%m-%d %H:%M:%S%.3f", time_unit="us").cast(pl.Int64)
            kept = [pl.col(f"c{place}").alias(name) for name, place in SNOWPLOW.items() if name not in ("contexts", "unstruct", "derived")]
            cells = [pl.col(f"c{SNOWPLOW[column]}").str.extract(pattern).alias(name) for name, (column, pattern) in CELLS.items()]
            return table.select(stamp.alias("stamp"), *kept, *cells).collect()
        out = ["page", "title", "search", "device", "campaign"]
    else:
        def read():
            return pl.read_parquet(path).with_columns(pl.col("timestamp").dt.epoch("us").alias("stamp"))
        out = ["page", "title", None, "device", None]
    numbered = None

    def run():
        nonlocal numbered
        numbered = None
        table = read().sort("visitor", "stamp")
        new = (pl.col("visitor") != pl.col("visitor").shift(1)) | (pl.col("stamp") - pl.col("stamp").shift(1) > GAP_US)
        numbered = table.with_columns(new.fill_null(True).cast(pl.Int64).alias("start")).with_columns(pl.col("start").cum_sum().alias("number"))

    def write(place):
        texts = [pl.lit(None, pl.String).alias(f"none{i}") if name is None else pl.col(name) for i, name in enumerate(out)]
        numbered.select("visitor", "stamp", "event", *texts, "start").write_csv(place, separator="\t", include_header=False, quote_style="never")
    return run, lambda: (numbered.height, numbered["number"].max()), write, lambda place: numbered.write_parquet(place), pl.__version__


def write_parquet(path, place):
    import pyarrow as pa
    from pyarrow import csv, parquet
    kinds = {"timestamp": pa.timestamp("us", "UTC")}
    parquet.write_table(csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=kinds)), place, compression="zstd")


def main():
    path, form, engine = sys.argv[1:4]
    if engine == "write":
        write_parquet(path, sys.argv[4])
        return
    run, count, write, save, version = {"duckdb": duckdb, "polars": polars}[engine](path, form)
    times = []
    while len(times) < (1 if "table" in OPTIONS else 3) and sum(times) < 20:
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    if "table" in OPTIONS:
        save(OPTIONS["table"])
    if "rows" in OPTIONS:
        write(OPTIONS["rows"])
    rows, sessions = count()
    print(json.dumps(dict(rows=rows, sessions=int(sessions), first_seconds=times[0], seconds=statistics.median(times), version=version)))


if __name__ == "__main__":
    main()
