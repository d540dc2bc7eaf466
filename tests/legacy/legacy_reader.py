"""A reader of the older system's database and files, written from the storage contract alone (its sections 1.1 to 2.1), in
the language of that system's own readers. It knows nothing of wattledger but the one table that stands beside the legacy
ones. Prints a line for each finding; exit code 1 if there is any.

    python3 legacy_reader.py DIRECTORY VERSION
"""

import json
import re
import sqlite3
import sys
from datetime import datetime, timedelta
from pathlib import Path

CREATED = [("created_at", "TEXT")]
TABLES = {
    "schema_version": ([("version", "INTEGER"), ("applied_at", "TEXT"), ("description", "TEXT")], ["version"]),
    "energy_data": ([("timestamp", "TEXT"), ("battery_soc", "REAL"), ("pv_power", "INTEGER"), ("grid_power", "INTEGER"),
                     ("house_consumption", "INTEGER"), ("battery_power", "INTEGER"), ("grid_voltage", "REAL"),
                     ("grid_frequency", "REAL"), ("battery_voltage", "REAL"), ("battery_current", "REAL"),
                     ("battery_temperature", "REAL"), ("price_pln", "REAL")] + CREATED, ["timestamp"]),
    "system_state": ([("id", "INTEGER"), ("timestamp", "TEXT"), ("state", "TEXT"), ("uptime", "REAL"),
                      ("active_modules", "TEXT"), ("last_error", "TEXT"), ("metrics", "TEXT")] + CREATED, ["id"]),
    "coordinator_decisions": ([("id", "INTEGER"), ("timestamp", "TEXT"), ("decision_type", "TEXT"), ("action", "TEXT"),
                               ("reason", "TEXT"), ("parameters", "TEXT"), ("source_module", "TEXT")] + CREATED, ["id"]),
    "charging_sessions": ([("session_id", "TEXT"), ("start_time", "TEXT"), ("end_time", "TEXT"), ("target_soc", "INTEGER"),
                           ("energy_kwh", "REAL"), ("cost_pln", "REAL"), ("status", "TEXT"), ("avg_price", "REAL")] + CREATED,
                          ["session_id"]),
    "battery_selling_sessions": ([("session_id", "TEXT"), ("start_time", "TEXT"), ("end_time", "TEXT"),
                                  ("energy_sold_kwh", "REAL"), ("revenue_pln", "REAL"), ("avg_price", "REAL"),
                                  ("status", "TEXT")] + CREATED, ["session_id"]),
    "weather_data": ([("timestamp", "TEXT"), ("source", "TEXT"), ("temperature", "REAL"), ("humidity", "REAL"),
                      ("pressure", "REAL"), ("wind_speed", "REAL"), ("wind_direction", "REAL"), ("cloud_cover", "REAL"),
                      ("solar_irradiance", "REAL"), ("precipitation", "REAL")] + CREATED, ["timestamp"]),
    "price_forecasts": ([("timestamp", "TEXT"), ("forecast_date", "TEXT"), ("hour", "INTEGER"), ("price_pln", "REAL"),
                         ("source", "TEXT"), ("confidence", "REAL")] + CREATED, ["forecast_date", "hour", "source"]),
    "pv_forecasts": ([("timestamp", "TEXT"), ("forecast_date", "TEXT"), ("hour", "INTEGER"), ("predicted_power_w", "REAL"),
                      ("source", "TEXT"), ("confidence", "REAL"), ("weather_conditions", "TEXT")] + CREATED,
                     ["forecast_date", "hour", "source"]),
}
V4_COLUMNS = [("grid_import_total_kwh", "REAL"), ("grid_export_total_kwh", "REAL"), ("house_consumption_total_kwh", "REAL"),
              ("pv_generation_total_kwh", "REAL"), ("tariff_zone", "TEXT")]
INDEXES = {
    "idx_energy_timestamp": ("energy_data", ["timestamp"]),
    "idx_energy_timestamp_soc": ("energy_data", ["timestamp", "battery_soc"]),
    "idx_energy_tariff_zone": ("energy_data", ["tariff_zone"]),
    "idx_state_timestamp": ("system_state", ["timestamp"]),
    "idx_state_timestamp_state": ("system_state", ["timestamp", "state"]),
    "idx_decisions_timestamp": ("coordinator_decisions", ["timestamp"]),
    "idx_decisions_type_time": ("coordinator_decisions", ["decision_type", "timestamp"]),
    "idx_sessions_start": ("charging_sessions", ["start_time"]),
    "idx_sessions_status_start": ("charging_sessions", ["status", "start_time"]),
    "idx_selling_status_start": ("battery_selling_sessions", ["status", "start_time"]),
    "idx_weather_timestamp": ("weather_data", ["timestamp"]),
    "idx_weather_source_time": ("weather_data", ["source", "timestamp"]),
    "idx_price_timestamp": ("price_forecasts", ["timestamp"]),
    "idx_price_forecast_date": ("price_forecasts", ["forecast_date", "hour"]),
    "idx_pv_timestamp": ("pv_forecasts", ["timestamp"]),
    "idx_pv_forecast_date": ("pv_forecasts", ["forecast_date", "hour"]),
}
DESCRIPTIONS = {
    1: "Initial schema",
    2: "Add price snapshot fields (current_price_pln, energy_kwh, costs) to decisions",
    3: "Add composite and specialized indexes for query optimization",
    4: "Add cumulative energy columns and tariff_zone to energy_data",
}
STATES = {"initializing", "monitoring", "charging", "optimizing", "error", "maintenance"}
SESSION_STATES = {"planned", "active", "completed", "cancelled", "failed"}
PARAMETERS = ["should_charge", "confidence", "current_price", "current_price_pln", "cheapest_price", "cheapest_hour",
              "battery_soc", "pv_power", "consumption", "decision_score", "energy_kwh", "estimated_cost_pln",
              "estimated_savings_pln", "expected_revenue_pln", "tariff_zone"]
CURRENT_DATA = {
    "battery": ["soc_percent", "voltage", "current", "power_w", "power_kw", "temperature", "charging_status",
                "fast_charging_enabled"],
    "photovoltaic": ["current_power_w", "current_power_kw", "pv1_power_w", "pv2_power_w", "pv1_voltage", "pv1_current",
                     "pv2_voltage", "pv2_current", "daily_production_kwh", "efficiency_percent"],
    "grid": ["power_w", "power_kw", "voltage", "flow_direction", "import_rate", "export_rate", "l1_current_a", "l2_current_a",
             "l3_current_a", "l1_power", "l2_power", "l3_power", "total_exported_kwh", "total_imported_kwh",
             "today_exported_kwh", "today_imported_kwh"],
    "house_consumption": ["current_power_w", "current_power_kw", "daily_total_kwh", "total_consumption_kwh",
                          "calculated_power_w", "calculated_power_kw"],
    "system": ["inverter_model", "inverter_serial", "connection_status", "last_update"],
}
RECORD = ["session_id", "start_time", "end_time", "start_soc", "end_soc", "energy_sold_kwh", "average_price_pln", "revenue_pln",
          "selling_power_w", "duration_hours", "safety_checks_passed", "risk_level"]
DAY_OF_SALES = ["date", "total_sessions", "total_energy_sold_kwh", "total_revenue_pln", "average_price_pln",
                "peak_revenue_hour", "battery_cycles", "efficiency_percent", "safety_incidents"]
MONTH_OF_SALES = ["month", "total_sessions", "total_energy_sold_kwh", "total_revenue_pln", "average_daily_revenue_pln",
                  "best_day_revenue_pln", "worst_day_revenue_pln", "battery_cycles", "average_efficiency_percent",
                  "safety_incidents", "roi_percent"]
PLANNED = ["session_id", "start_time", "end_time", "duration_hours", "target_energy_kwh", "status", "priority",
           "estimated_cost_pln", "estimated_savings_pln", "created_at", "started_at", "completed_at", "actual_energy_kwh",
           "actual_cost_pln"]

LOCAL = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$")
UTC = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")

findings = []
counted = {}


def find(where, what):
    if len(findings) < 50:
        findings.append(f"{where}: {what}")


def check(condition, where, what):
    if not condition:
        find(where, what)


def naive(where, text):
    """A time as the older system compares it: as text, and as a naive datetime."""
    check(isinstance(text, str) and LOCAL.match(text) and not text.endswith(".000000"), where, f"{text!r} is no naive local time")
    return datetime.fromisoformat(text)


# ---- The database


def check_schema(db, version):
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = {"projection_checkpoint"}
    check(tables - ours - {"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"} == set(TABLES), "tables", sorted(tables))
    for table, (columns, key) in TABLES.items():
        wanted = columns + (V4_COLUMNS if table == "energy_data" and version >= 4 else [])
        found = list(db.execute(f"PRAGMA table_info({table})"))
        check([(c[1], c[2]) for c in found] == wanted, table, f"columns are {[(c[1], c[2]) for c in found]}")
        check([c[1] for c in sorted((c for c in found if c[5]), key=lambda c: c[5])] == key, table, "another primary key")
    wanted = {n for n in INDEXES if version >= 4 or n != "idx_energy_tariff_zone"}
    found = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'idx_%'")}
    if version >= 3:
        check(found == wanted, "indexes", f"missing {sorted(wanted - found)}, unknown {sorted(found - wanted)}")
    else:
        check(found < wanted, "indexes", f"of a later version: {sorted(found - wanted)}")
    for name in found & set(INDEXES):
        table, columns = INDEXES[name]
        check([row[2] for row in db.execute(f"PRAGMA index_info({name})")] == columns, name, "other columns")
        check(db.execute("SELECT tbl_name FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0] == table, name, "other table")
    rows = list(db.execute("SELECT version, description, applied_at FROM schema_version ORDER BY version"))
    check([(v, d) for v, d, _ in rows] == [(v, DESCRIPTIONS[v]) for v in range(1, version + 1)], "schema_version", rows)
    for _, _, applied in rows:
        check(UTC.match(applied), "schema_version", applied)


def check_types(db, version):
    for table, (columns, _) in TABLES.items():
        wanted = columns + (V4_COLUMNS if table == "energy_data" and version >= 4 else [])
        for column, declared in wanted:
            allowed = {"TEXT": {"text", "null"}, "REAL": {"real", "null"}, "INTEGER": {"integer", "null"}}[declared]
            found = {kind for (kind,) in db.execute(f"SELECT DISTINCT typeof({column}) FROM {table}")}
            check(found <= allowed, f"{table}.{column}", f"holds {sorted(found)}")
        for (created,) in db.execute(f"SELECT created_at FROM {table}" if table != "schema_version" else "SELECT applied_at FROM schema_version"):
            check(UTC.match(created or ""), table, f"created_at {created!r}")


def between(db, table, column, start, end):
    rows = db.execute(f"SELECT * FROM {table} WHERE {column} BETWEEN ? AND ? ORDER BY {column}", (start.isoformat(), end.isoformat()))
    return [dict(row) for row in rows]


def ends(db, table, column):
    first, last = db.execute(f"SELECT min({column}), max({column}) FROM {table}").fetchone()
    return (naive(table, first), naive(table, last)) if first else (None, None)


def check_energy(db):
    first, last = ends(db, "energy_data", "timestamp")
    rows = between(db, "energy_data", "timestamp", first, last)
    check(len(rows) == db.execute("SELECT count(*) FROM energy_data").fetchone()[0], "energy_data", "a range by text loses rows")
    for row in rows:
        naive("energy_data.timestamp", row["timestamp"])
        check(row["battery_soc"] is None or 0 <= row["battery_soc"] <= 100, "energy_data", f"soc {row['battery_soc']}")
        check((row["pv_power"] or 0) >= 0 and (row["house_consumption"] or 0) >= 0, "energy_data", "negative load or PV")
        check(row.get("tariff_zone", "T1") in {"T1", "T2"}, "energy_data", f"zone {row.get('tariff_zone')}")
    counted["energy_data"] = len(rows)


def check_states(db):
    rows = [dict(r) for r in db.execute("SELECT * FROM system_state ORDER BY timestamp DESC LIMIT 100")]
    for row in rows:
        naive("system_state.timestamp", row["timestamp"])
        check(row["state"] in STATES, "system_state", row["state"])
        check(row["active_modules"] == "", "system_state", f"active_modules {row['active_modules']!r}")
        metrics = json.loads(row["metrics"])
        data = metrics["current_data"]
        for part, keys in CURRENT_DATA.items():
            check([k for k in data[part] if k in keys] == keys, f"current_data.{part}", f"keys {list(data[part])}")
        for alias in ("inverter", "pv", "consumption"):
            check(alias in data, "current_data", f"no {alias}")
        check(data["tariff_zone"] in {"T1", "T2"}, "current_data", data["tariff_zone"])
        # The dashboard's page breaks on a text here.
        check(isinstance(data["battery"]["soc_percent"], (int, float)), "current_data", data["battery"]["soc_percent"])
        check(data["grid"]["flow_direction"] in {"Export", "Import", "Neutral", "Unknown"}, "current_data", "flow_direction")
        if isinstance(data["grid"]["power_w"], (int, float)) and data["grid"]["power_w"] != 0:
            word = "Export" if data["grid"]["power_w"] > 0 else "Import"
            check(data["grid"]["flow_direction"] == word, "current_data", "flow_direction against the sign")
        check(metrics.get("last_update", " " * 11)[10] == " ", "metrics.last_update", metrics.get("last_update"))
    newest = naive("system_state", rows[0]["timestamp"])
    last = ends(db, "energy_data", "timestamp")[1]
    check(last - newest < timedelta(minutes=10), "system_state", "the dashboard would show mock numbers")
    counted["system_state"] = len(rows)


def check_decisions(db):
    first, last = ends(db, "coordinator_decisions", "timestamp")
    rows = between(db, "coordinator_decisions", "timestamp", first, last)
    for row in rows:
        parameters = json.loads(row["parameters"])
        check(json.dumps(parameters) == row["parameters"], "coordinator_decisions", "not as json.dumps writes it")
        known = [k for k in parameters if k in PARAMETERS]
        check(known == [k for k in PARAMETERS if k in parameters], "coordinator_decisions", f"order {list(parameters)}")
        check(all(v is not None for v in parameters.values()), "coordinator_decisions", f"null in {row['parameters']}")
        if row["action"] == "battery_selling":
            check(row["decision_type"] is None and row["reason"] is None, "coordinator_decisions", "a sale with type or reason")
        else:
            check(row["action"] in {"charge", "wait"} and row["decision_type"] == "charging" and row["reason"],
                  "coordinator_decisions", dict(row))
    # The sums of the dashboard's /metrics.
    sum(json.loads(r["parameters"]).get("energy_kwh", 0) for r in rows if r["action"] == "charge")
    counted["coordinator_decisions"] = len(rows)


def check_sessions_and_forecasts(db):
    for table in ("charging_sessions", "battery_selling_sessions"):
        first, last = ends(db, table, "start_time")
        rows = between(db, table, "start_time", first, last) if first else []
        for row in rows:
            check(row["status"] in SESSION_STATES, table, row["status"])
            if row["end_time"]:
                naive(table, row["end_time"])
        counted[table] = len(rows)
    first, last = ends(db, "weather_data", "timestamp")
    counted["weather_data"] = len(between(db, "weather_data", "timestamp", first, last)) if first else 0
    for table in ("price_forecasts", "pv_forecasts"):
        rows = list(db.execute(f"SELECT * FROM {table} ORDER BY forecast_date, hour"))
        for row in rows:
            datetime.strptime(row["forecast_date"], "%Y-%m-%d")
            check(0 <= row["hour"] <= 23, table, row["hour"])
            naive(table, row["timestamp"])
        counted[table] = len(rows)


# ---- The files


def load(path):
    text = path.read_text(encoding="ascii")
    value = json.loads(text)
    check(json.dumps(value, indent=2) == text, path.name, "not as json.dump(indent=2) writes it")
    return value


def lines(path):
    for text in path.read_text(encoding="ascii").splitlines():
        value = json.loads(text)
        check(json.dumps(value) == text, path.name, "a line is not as json.dumps writes it")
        yield value


def some(directory, pattern):
    paths = sorted(directory.glob(pattern))
    counted[pattern] = len(paths)
    return paths


def check_day_files(out):
    for path in some(out / "energy_data", "energy_data_????-??-??.json"):
        for row in load(path):
            check(row["timestamp"][:10] == path.stem[-10:], path.name, row["timestamp"])
    for path in some(out, "coordinator_state_????????.json"):
        for row in lines(path):
            check(list(row) == ["timestamp", "state", "uptime_seconds", "current_data", "performance_metrics", "decision_count"],
                  path.name, list(row))
    for path in some(out, "charging_decision_????????.json"):
        for row in lines(path):
            check(all(v is not None for v in row.values()), path.name, row)
    # The newest of each day is what the PV forecast learns from.
    for path in some(out, "coordinator_state_????????_*.json"):
        row = load(path)
        check(row["timestamp"][:10].replace("-", "") == path.stem.split("_")[2], path.name, row["timestamp"])
        check("current_data" in row, path.name, list(row))
    for path in some(out / "energy_data", "charging_decision_????????_*.json"):
        row = load(path)
        check(row["action"] in {"charge", "wait"} and "decision_type" not in row, path.name, row)
        for key in ("energy_kwh", "estimated_cost_pln", "estimated_savings_pln"):
            check(row.get(key, 0) >= 0, path.name, f"{key} {row.get(key)}")
    for path in some(out / "energy_data", "battery_selling_decision_????????_*.json"):
        row = load(path)
        check(row["action"] == "battery_selling" and row["decision"] == "start_selling" and "type" not in row, path.name, row)
        check(row.get("reasoning") and row["safety_checks_passed"] is True, path.name, row)


def check_plans(out):
    for path in some(out / "multi_session_data", "daily_plan_????????.json"):
        plan = load(path)
        check(list(plan) == ["date", "total_sessions", "total_duration_hours", "total_estimated_energy_kwh",
                             "total_estimated_cost_pln", "total_estimated_savings_pln", "sessions", "created_at", "status"],
              path.name, list(plan))
        check(plan["date"].replace("-", "") == path.stem[-8:] and plan["total_sessions"] == len(plan["sessions"]), path.name, plan)
        for session in plan["sessions"]:
            check(list(session) == PLANNED, path.name, list(session))
            for key in ("start_time", "end_time", "created_at"):
                check(session[key][10] == " ", path.name, session[key])
                datetime.fromisoformat(session[key])
    for path in some(out, "charging_schedule_????-??-??.json"):
        # Its reader wants a list; the older writer left one session alone there.
        rows = load(path)
        check(isinstance(rows, list), path.name, "no list")
        for row in rows if isinstance(rows, list) else []:
            check(row["start_time"][:10] == path.stem[-10:], path.name, row)


def check_sales(out):
    directory = out / "battery_selling_analytics"
    records = load(directory / "session_records.json") if (directory / "session_records.json").exists() else []
    for record in records:
        check(list(record) == RECORD, "session_records", list(record))
        check(datetime.fromisoformat(record["start_time"]) <= datetime.fromisoformat(record["end_time"]), "session_records", record)
    counted["session_records"] = len(records)
    sold = {}
    for name, keys in (("daily_summaries", DAY_OF_SALES), ("monthly_reports", MONTH_OF_SALES)):
        rows = load(directory / f"{name}.json") if (directory / f"{name}.json").exists() else []
        for row in rows:
            # Loaded with **kwargs: neither more nor fewer.
            check(list(row) == keys, name, list(row))
            check(isinstance(row["battery_cycles"], int) and isinstance(row["total_sessions"], int), name, row)
        sold[name] = sum(row["total_energy_sold_kwh"] for row in rows)
        counted[name] = len(rows)
    if counted["monthly_reports"]:
        check(sold["monthly_reports"] <= sold["daily_summaries"] + 1e-6, "monthly_reports", "more than its days")


def check_snapshots(out):
    days = {}
    for path in some(out / "daily_snapshots", "snapshot_????????.json"):
        day = load(path)
        days[day["date"]] = day
        check(day["date"].replace("-", "") == path.stem[-8:], path.name, day["date"])
        check(day["created_at"][:10] > day["date"], path.name, "taken while the day was incomplete")
        check(day["total_decisions"] == day["charging_count"] + day["wait_count"] + day["selling_count"] == day["file_count"],
              path.name, day)
        check(sum(day["source_breakdown"].values()) == day["charging_count"] + day["selling_count"], path.name, day)
        parts = day["grid_import_t1_kwh"] + day["grid_import_t2_kwh"]
        check(abs(parts - day["real_grid_import_kwh"]) < 0.002, path.name, "zones do not add up")
    for path in some(out / "monthly_snapshots", "monthly_snapshot_??????.json"):
        month = load(path)
        check(f"{month['year']}{month['month']:02d}" == path.stem[-6:], path.name, path.stem)
        check(month["days_with_data"] == len(month["daily_summaries"]), path.name, month["days_with_data"])
        for key in ("total_decisions", "charging_count", "wait_count"):
            check(month[key] == sum(day[key] for day in month["daily_summaries"]), path.name, key)
        for day in month["daily_summaries"]:
            check(days.get(day["date"]) == day, path.name, f"{day['date']} is not its snapshot")


def check_prices(data):
    counted["price_history"] = 0
    if (data / "price_history.json").exists():
        pairs = load(data / "price_history.json")
        counted["price_history"] = len(pairs)
        check(len(pairs) <= 7 * 96 + 4, "price_history", f"{len(pairs)} entries")
        for timestamp, price in pairs:
            naive("price_history", timestamp)
            check(price >= 0, "price_history", price)
    if (data / "price_cache.json").exists():
        cache = load(data / "price_cache.json")
        check(list(cache) == ["price_data", "cache_timestamp", "business_date", "created_at"], "price_cache", list(cache))
        check(isinstance(cache["cache_timestamp"], float), "price_cache", cache["cache_timestamp"])
        check(cache["created_at"][:10] == cache["business_date"], "price_cache", cache["created_at"])
        prices = cache["price_data"]["prices"]
        min(prices, key=lambda each: each["price"])
        check([p["hour_str"] for p in prices] == [f"{p['hour']:02d}:00" for p in prices], "price_cache", "hour_str")
        counted["price_cache"] = len(prices)
    if (data / "daily_soc_drops.json").exists():
        drops = load(data / "daily_soc_drops.json")
        counted["daily_soc_drops"] = len(drops)
        for day, drop in drops.items():
            datetime.strptime(day, "%Y-%m-%d")
            check(isinstance(drop, float) and drop >= 0, "daily_soc_drops", drop)


def main():
    directory, version = Path(sys.argv[1]), int(sys.argv[2])
    db = sqlite3.connect(f"file:{directory / 'goodwe_energy.db'}?mode=ro", uri=True)
    check_schema(db, version)
    db.row_factory = sqlite3.Row
    check_types(db, version)
    check_energy(db)
    check_states(db)
    check_decisions(db)
    check_sessions_and_forecasts(db)
    out = directory / "out"
    if out.exists():
        check_day_files(out)
        check_plans(out)
        check_sales(out)
        check_snapshots(out)
        check_prices(directory / "data")
    print(json.dumps(counted))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
