#!/usr/bin/env python3
"""coordinator/run.sh and tests/run.sh as a user meets them: options, and what is said where something is missing. They see a
machine made of a few symbolic links, with no cmake, so that nothing is ever installed or built."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
TOOLS = ["bash", "awk", "cat", "dirname", "env", "grep", "mktemp", "nproc", "rm", "sed", "tr", "ctest"]


class Scripts(unittest.TestCase):
    def setUp(self):
        # A path with a space: the whole checkout's scripts, seen from another directory.
        self.folder = tempfile.TemporaryDirectory(prefix="a house ")
        self.root = Path(self.folder.name)
        self.path = self.root / "bin"
        self.path.mkdir()
        for tool in TOOLS:
            (self.path / tool).symlink_to(shutil.which(tool))
        for file in ["coordinator/run.sh", "coordinator/build.sh", "coordinator/packages.txt", "tests/run.sh"]:
            (self.root / file).parent.mkdir(exist_ok=True)
            shutil.copy(HOUSE / file, self.root / file)

    def tearDown(self):
        self.folder.cleanup()

    def fake(self, tool, script):
        made = self.path / tool
        made.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        made.chmod(0o755)

    def debian(self, lacking, uid):
        self.fake("dpkg-query", f'[[ " {lacking} " != *" ${{@: -1}} "* ]] && echo installed')
        self.fake("apt-get", 'echo "apt-get $*"')
        self.fake("id", f"echo {uid}")

    def run_script(self, *words):
        ran = subprocess.run([self.root / words[0], *words[1:]], cwd="/", env={"PATH": str(self.path), "TMPDIR": os.fspath(self.root)},
                             capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    def expect(self, code, said, *words):
        with self.subTest(words=words):
            found, output = self.run_script(*words)
            self.assertEqual(found, code, output)
            self.assertIn(said, output)
            return output

    def test_help_installs_and_builds_nothing(self):
        self.expect(0, "tests/run.sh [--no-install]", "tests/run.sh", "--help")
        self.expect(0, "coordinator/run.sh [--no-install]", "coordinator/run.sh", "-h")

    def test_an_option_that_ctest_would_ignore_is_refused(self):
        for wrong in [["--al"], ["-R", "log", "--nonsense"], ["--no_install"], ["-z4"]]:
            self.expect(2, f"unknown option {wrong[-1]}", "tests/run.sh", "--no-install", *wrong)

    def test_options_of_ctest_pass_in_any_order_with_ours(self):
        for right in [["-R", "log", "--no-install"], ["--no-install", "-j4", "--verbose"], ["--no-install", "--timeout", "5", "-VV"],
                      ["--repeat", "until-fail:3", "--no-install", "--all"], ["--no-install", "-I1,3"]]:
            self.expect(3, "cmake is missing", "tests/run.sh", *right)

    def test_no_install_holds_wherever_it_stands(self):
        self.debian("cmake", 0)
        output = self.expect(3, "cmake is missing; run without --no-install", "coordinator/run.sh", "--simulate", "1", "--no-install")
        self.assertNotIn("installing", output)

    def test_where_it_cannot_install_it_says_what_to_do(self):
        self.expect(3, "this is no Debian; install what coordinator/packages.txt lists", "tests/run.sh")
        self.debian("doctest-dev liblmdb-dev", 1000)
        self.expect(3, "as root, apt-get install liblmdb-dev doctest-dev", "tests/run.sh")

    def test_it_says_what_it_installs_and_installs_no_more(self):
        self.debian("doctest-dev liblmdb-dev clang", 0)
        output = self.expect(3, "installing from Debian: liblmdb-dev doctest-dev\n", "tests/run.sh")
        self.assertIn("apt-get install -y -qq --no-install-recommends liblmdb-dev doctest-dev\n", output)
        self.expect(3, "installing from Debian: liblmdb-dev\n", "coordinator/run.sh")
        self.expect(3, "installing from Debian: liblmdb-dev doctest-dev clang\n", "tests/run.sh", "--all")
        self.fake("apt-get", "exit 100")
        self.expect(3, "apt-get update failed; check the network", "tests/run.sh")


if __name__ == "__main__":
    unittest.main()
