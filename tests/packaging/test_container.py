#!/usr/bin/env python3
"""test_container.py SOURCE: what can be said of Dockerfile and compose file without an engine; and an engine's own words where one is."""

import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(sys.argv[1])
PACKAGING = SOURCE / "coordinator/packaging"
INSTRUCTIONS = {"FROM", "RUN", "COPY", "WORKDIR", "USER", "VOLUME", "HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL", "ENV", "LABEL"}


def instructions():
    """(word, rest) of each, continued lines joined."""
    text = (PACKAGING / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


class Container(unittest.TestCase):
    def test_two_stages_on_the_slim_debian_and_no_instruction_that_is_none(self):
        words = instructions()
        self.assertLessEqual({word for word, _ in words}, INSTRUCTIONS)
        self.assertEqual([rest for word, rest in words if word == "FROM"], ["debian:bookworm-slim AS build", "debian:bookworm-slim"])

    def test_nothing_but_apt_reaches_for_the_network(self):
        for word, rest in instructions():
            if word == "RUN":
                self.assertNotRegex(rest, r"\b(curl|wget|git|pip|npm)\b|https?:")
            self.assertFalse(word == "COPY" and "://" in rest)

    def test_what_it_copies_and_builds_is_here(self):
        for word, rest in instructions():
            if word == "COPY":
                for source in rest.split()[:-1]:
                    self.assertTrue((SOURCE / source).exists(), source)
        text = (PACKAGING / "Dockerfile").read_text(encoding="utf-8")
        self.assertIn('"name": "release"', (SOURCE / "CMakePresets.json").read_text(encoding="utf-8"))
        self.assertIn("add_custom_target(wattledger_pages", (PACKAGING / "CMakeLists.txt").read_text(encoding="utf-8"))
        self.assertIn("$1 == \"build\"", text)

    def test_the_last_stage_runs_the_daemon_as_nobody_special_with_volume_and_health(self):
        words = instructions()
        last = dict(words[max(i for i, (word, _) in enumerate(words) if word == "FROM"):])
        self.assertEqual(last["USER"], "wattledger")
        self.assertEqual(last["VOLUME"], last["WORKDIR"])
        self.assertIn("wattledger\", \"--config\", \"/etc/wattledger/house.yaml\", \"health\", \"--allow-degraded\"", last["HEALTHCHECK"])
        unit = (PACKAGING / "wattledgerd.service").read_text(encoding="utf-8")
        command = re.search(r"(?m)^ExecStart=/usr/bin/(.*)$", unit)[1]
        told = " ".join(re.findall(r'"([^"]+)"', last["ENTRYPOINT"] + last["CMD"]))
        self.assertEqual(told, command)
        self.assertEqual(f"/{re.search(r'(?m)^StateDirectory=(.*)$', unit)[1]}", last["VOLUME"].removeprefix("/var/lib"))

    def test_the_compose_file_holds_the_container_as_the_unit_holds_the_daemon(self):
        compose = (PACKAGING / "compose.yaml").read_text(encoding="utf-8")
        unit = (PACKAGING / "wattledgerd.service").read_text(encoding="utf-8")
        memory = re.search(r"(?m)^MemoryMax=(\d+)M$", unit)[1]
        for line in [f"mem_limit: {memory}m", "read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "data:/var/lib/wattledger",
                     f"pids_limit: {re.search(r'(?m)^TasksMax=(.*)$', unit)[1]}", f"stop_grace_period: {re.search(r'(?m)^TimeoutStopSec=(.*)$', unit)[1]}s"]:
            self.assertIn(line, compose)
        dockerfile = re.search(r"dockerfile: (.*)", compose)[1]
        self.assertTrue((PACKAGING / re.search(r"context: (.*)", compose)[1] / dockerfile).exists())

    def test_compose_reads_the_file(self):
        if not shutil.which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
            self.skipTest("docker compose is not installed here")
        ran = subprocess.run(["docker", "compose", "-f", PACKAGING / "compose.yaml", "config", "--quiet"], capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
