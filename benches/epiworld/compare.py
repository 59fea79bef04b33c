#!/usr/bin/env python3
"""civitas beside epiworld (C++, https://epiworldpy.readthedocs.io), the same epidemic in turn on this machine.

    cargo build --release
    python3 -m venv /tmp/epiworld && /tmp/epiworld/bin/pip install epiworldpy
    /tmp/epiworld/bin/python benches/epiworld/compare.py

SIR on a small world: agents, mean degree 10, rewiring 0.1, prevalence 0.01, transmission 0.1 per infectious contact and day,
recovery 0.3 per day, 50 days; set-up apart on both sides. epiworld runs on one thread; civitas on one and on as many as
asked, through its whole runtime: store, progress, results. Both keep the daily counts of each state.

The two are the same but for what several infectious contacts do on one day: in civitas each infects by itself, with
1 - (1 - p)^k in all; epiworld leaves out the days on which more than one would (its "roulette"), so that its epidemic is a
little smaller: about 0.90 of the agents are ever infected there and 0.92 in civitas, which is the more work.
"""

import argparse
import json
import statistics
import subprocess
import time

from epiworldpy.epimodels import ModelSIR

TRANSMISSION, RECOVERY, PREVALENCE, DEGREE, REWIRING = 0.1, 0.3, 0.01, 10, 0.1


def epiworld(agents: int, days: int, seed: int) -> tuple[float, float]:
    """Seconds of a run, and the share of agents that were ever infected."""
    model = ModelSIR("infection", PREVALENCE, TRANSMISSION, RECOVERY)
    model.agents_smallworld(agents, DEGREE, False, REWIRING)
    model.verbose_off()
    start = time.perf_counter()
    model.run(days, seed)
    took = time.perf_counter() - start
    susceptible = sum(state == 0 for state in model.get_agents_states())
    return took, 1.0 - susceptible / agents


def civitas(binary: str, agents: int, days: int, threads: int) -> float:
    """Seconds of stepping in one run."""
    command = [
        binary, "bench", "--json", "--no-plain-loop", "--rounds", "1", "--model", "epidemic", "--agents", str(agents),
        "--ticks", str(days), "--threads", str(threads), "--network", "small_world", "--mean-degree", str(DEGREE),
        "--set", f"transmission={TRANSMISSION}", "--set", f"recovery={RECOVERY}", "--set", f"initial_share={PREVALENCE}",
    ]  # fmt: skip
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return agents * days / figures["agent_steps_per_s"]["median"]


def show(name: str, agents: int, days: int, seconds: list[float], reference: list[float] | None = None) -> None:
    speeds = sorted(agents * days / took / 1e6 for took in seconds)
    line = f"{name:<20} {statistics.median(speeds):8.1f} ({speeds[0]:.1f} to {speeds[-1]:.1f}) million agent-days per second"
    if reference:
        ratios = sorted(theirs / ours for theirs, ours in zip(reference, seconds))
        line += f", {statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f}) times epiworld"
    print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/civitas")
    parser.add_argument("--agents", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    theirs, one, many, infected = [], [], [], []
    for round_ in range(args.rounds):
        took, share = epiworld(args.agents, args.days, round_ + 1)
        theirs.append(took)
        infected.append(share)
        one.append(civitas(args.binary, args.agents, args.days, 1))
        many.append(civitas(args.binary, args.agents, args.days, args.threads))
    print(f"{args.agents} agents, {args.days} days, {args.rounds} rounds in turn; medians (lowest to highest)")
    show("epiworld", args.agents, args.days, theirs)
    show("civitas, 1 thread", args.agents, args.days, one, theirs)
    show(f"civitas, {args.threads} threads", args.agents, args.days, many, theirs)
    print(f"ever infected by epiworld: {statistics.mean(infected):.4f}")


if __name__ == "__main__":
    main()
