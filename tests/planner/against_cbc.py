#!/usr/bin/env python3
"""against_cbc.py WATTLEDGER [COUNT] [SEED]: random planning problems, each solved by `wattledger plan` and, as a mixed-integer program,
by the solver cbc (Debian: coinor-cbc). Prices may be negative, export above import, limits tight. Prints what it found; ends with 1
where the two plans' costs are more than 1e-4 and 0.001 % of the saving apart, where only one of the two finds a plan, or where cbc left more than a tenth unsolved."""

import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOLERANCE = 1e-4


def problem(dice):
    steps = dice.choice([8, 16, 24, 48])
    shift, spread = dice.choice([0, 0, -0.4, -0.9]), dice.uniform(0.05, 0.9)
    over = dice.choice([-0.1, -0.1, 0, 0.4])
    imports = [round(shift + spread * dice.random(), 5) for _ in range(steps)]
    capacity = round(dice.uniform(2, 20), 3)
    low, high = sorted([round(dice.uniform(0, 0.4), 3), round(dice.uniform(0.5, 1), 3)])
    tight = dice.random() < 0.5
    return {
        "name": "random", "currency": "PLN", "step_minutes": 15, "start": "2025-10-05T00:00:00", "steps": steps,
        "import_price": imports, "export_price": [round(p + over + 0.05 * dice.random(), 5) for p in imports],
        "pv_kwh": [round(max(0, dice.uniform(-0.5, 1.2)), 5) for _ in range(steps)],
        "load_kwh": [round(dice.uniform(0, 0.8), 5) for _ in range(steps)],
        "battery": {"capacity_kwh": capacity, "soc0": round(dice.uniform(low, high), 3), "soc_min": low, "soc_max": high,
                    "charge_kw": round(dice.uniform(0.5, 6), 3), "discharge_kw": round(dice.uniform(0.5, 6), 3),
                    "eff_charge": round(dice.uniform(0.8, 1), 3), "eff_discharge": round(dice.uniform(0.8, 1), 3),
                    "wear_pln_per_kwh": round(dice.choice([0, dice.uniform(0, 0.1)]), 4)},
        "grid": {"import_kw": round(dice.uniform(2, 5), 3) if tight else 14.0,
                 "export_kw": round(dice.choice([0, dice.uniform(0.2, 3)]), 3) if tight else 10.0},
        "terminal_value_pln_per_kwh": round(dice.choice([0, dice.uniform(0, 0.6)]), 4),
        "allow_curtailment": dice.random() < 0.7,
    }


def as_program(case):
    """The problem in CPLEX's LP form; the constant part of the cost is left out and returned beside it."""
    battery, hours = case["battery"], case["step_minutes"] / 60
    out_of = 1 / battery["eff_discharge"]
    capacity, terminal = battery["capacity_kwh"], case["terminal_value_pln_per_kwh"]
    cost, rows, bounds, binary = [], [], [], []
    for t in range(case["steps"]):
        cost += [f"{case['import_price'][t]:+.9f} i{t}", f"{-case['export_price'][t]:+.9f} e{t}",
                 f"{battery['wear_pln_per_kwh'] * out_of:+.9f} d{t}"]
        pv, load = case["pv_kwh"][t], case["load_kwh"][t]
        rows.append(f"i{t} - e{t} + d{t} - c{t} - x{t} = {load - pv:.9f}")
        before = f" - s{t - 1}" if t else ""
        start = battery["soc0"] * capacity if t == 0 else 0
        rows.append(f"s{t}{before} - {battery['eff_charge']:.9f} c{t} + {out_of:.9f} d{t} = {start:.9f}")
        most_in, most_out = case["grid"]["import_kw"] * hours, case["grid"]["export_kw"] * hours
        charge, discharge = battery["charge_kw"] * hours, battery["discharge_kw"] * hours
        rows += [f"i{t} - {most_in:.9f} b{t} <= 0", f"e{t} + {most_out:.9f} b{t} <= {most_out:.9f}",
                 f"c{t} - {charge:.9f} k{t} <= 0", f"d{t} + {discharge:.9f} k{t} <= {discharge:.9f}"]
        bounds += [f"{battery['soc_min'] * capacity:.9f} <= s{t} <= {battery['soc_max'] * capacity:.9f}",
                   f"0 <= x{t} <= {pv if case['allow_curtailment'] else 0:.9f}"]
        binary += [f"b{t}", f"k{t}"]
    cost.append(f"{-terminal:+.9f} s{case['steps'] - 1}")
    text = "Minimize\n cost: " + "\n ".join(cost) + "\nSubject To\n " + "\n ".join(rows) + "\nBounds\n " + "\n ".join(bounds)
    return text + "\nBinary\n " + " ".join(binary) + "\nEnd\n", terminal * battery["soc0"] * capacity


def by_cbc(case, folder, *options):
    program, constant = as_program(case)
    (folder / "problem.lp").write_text(program, encoding="utf-8")
    subprocess.run(["cbc", folder / "problem.lp", "ratio", "0", "allow", "1e-9", "primalT", "1e-9", "integerT", "1e-9", "sec", "60", *options, "solve",
                    "solution", folder / "solution.txt"], check=True, capture_output=True)
    first = (folder / "solution.txt").read_text(encoding="utf-8").splitlines()[0]
    found = re.match(r"Optimal.*objective value (\S+)", first)
    if found:
        return float(found.group(1)) + constant
    if re.match(r"(?:Infeasible|Integer infeasible)", first):
        return None
    raise TimeoutError(first)


def by_wattledger(program, case, folder):
    (folder / "problem.json").write_text(json.dumps(case), encoding="utf-8")
    run = subprocess.run([program, "--format", "json", "plan", folder / "problem.json"], capture_output=True, text=True, check=False)
    if run.returncode == 1:
        return None, None
    if run.returncode != 0:
        raise RuntimeError(run.stderr + run.stdout)
    answer = json.loads(run.stdout)
    return answer["total_cost"], answer.get("max_saving_vs_no_battery", 0.0)


def alike(ours, theirs, saving):
    """Whether neither finds a plan, or both one of the same cost."""
    if ours is None or theirs is None:
        return ours is theirs
    return abs(ours - theirs) <= TOLERANCE + 1e-5 * abs(saving)


def main(arguments):
    program, count = arguments[0], int(arguments[1]) if len(arguments) > 1 else 100
    seed = int(arguments[2]) if len(arguments) > 2 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice, wrong, unsolved, infeasible, most = random.Random(seed), 0, 0, 0, 0.0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for number in range(count):
            case = problem(dice)
            ours, saving = by_wattledger(program, case, folder)
            try:
                theirs = by_cbc(case, folder)
                if not alike(ours, theirs, saving):  # cbc's preprocessing loses the best plan now and then
                    theirs = by_cbc(case, folder, "preprocess", "off")
            except TimeoutError as late:
                unsolved += 1
                print(f"problem {number}: cbc: {late}")
                continue
            if not alike(ours, theirs, saving):
                wrong += 1
                print(f"problem {number}: wattledger {ours}, cbc {theirs}: {json.dumps(case)}")
            elif ours is None:
                infeasible += 1
            else:
                most = max(most, abs(ours - theirs))
    print(f"{count} problems: {wrong} wrong, {infeasible} that neither can plan, {unsolved} beyond cbc's minute; most apart {most:.2e}")
    return 1 if wrong or unsolved * 10 > count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
