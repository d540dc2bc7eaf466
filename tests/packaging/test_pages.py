#!/usr/bin/env python3
"""test_pages.py WATTLEDGER WATTLEDGERD PAGES KEYS.md: manual pages and completions tell of every verb and option that the programs'
help tells of, and the shells take them."""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

TOOL, DAEMON, PAGES, KEYS = sys.argv[1:5]


def output(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=True, **more).stdout


def help_of(program, path=()):
    """(path, options) of a command and those below it, from help alone."""
    text = output(program, *path, "--help")
    sections = dict(re.findall(r"^(\w+):\n(.*?)(?:\n\n|\Z)", text, re.S | re.M))
    found = [(path, re.findall(r"--[a-z][a-z-]*", "\n".join(re.findall(r"^  (-\S+)", sections.get("Options", ""), re.M))))]
    for verb in re.findall(r"^  ([a-z][a-z-]*)", sections.get("Subcommands", ""), re.M):
        found += help_of(program, (*path, verb))
    return found



class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = {"wattledger": help_of(TOOL), "wattledgerd": help_of(DAEMON)}

    def test_there_is_something_to_compare(self):
        self.assertGreater(len(self.commands["wattledger"]), 40)
        self.assertIn(("backup", "create"), [path for path, _ in self.commands["wattledger"]])
        self.assertIn("--simulate", self.commands["wattledgerd"][0][1])

    def test_what_is_packaged_is_what_the_programs_print(self):
        for name, program, word in [("wattledger", TOOL, "page"), ("wattledgerd", DAEMON, "--page")]:
            for page, file in [("man", "1" if name == "wattledger" else "8"), ("bash", "bash"), ("zsh", "zsh"), ("fish", "fish")]:
                self.assertEqual(output(program, word, page), (Path(PAGES) / f"{name}.{file}").read_text(encoding="utf-8"), page)

    def test_the_manual_pages_tell_of_every_verb_and_option(self):
        for name, section in [("wattledger", "1"), ("wattledgerd", "8")]:
            source = (Path(PAGES) / f"{name}.{section}").read_text(encoding="utf-8").replace("\\-", "-")
            for path, options in self.commands[name]:
                with self.subTest(command=" ".join(path)):
                    if not path:
                        part = source.split(".SH OPTIONS")[1].split(".SH COMMANDS")[0]
                    else:
                        parts = source.split(f".SS \\fB{name} {' '.join(path)}\\fR")
                        self.assertEqual(len(parts), 2)
                        part = parts[1].split(".SS ")[0]
                        options = [option for option in options if option != "--help"]
                    for option in options:
                        self.assertIn(f"\\fB{option}\\fR", part)

    @unittest.skipUnless(shutil.which("man"), "no man here")
    def test_man_shows_the_pages_without_a_warning(self):
        for page in ["wattledger.1", "wattledgerd.8", "wattledger.yaml.5"]:
            ran = subprocess.run(["man", "--warnings", "-l", "-Tutf8", Path(PAGES) / page], capture_output=True, text=True, check=True,
                                 env={**os.environ, "MANROFFSEQ": "", "MANWIDTH": "100", "LC_ALL": "C.UTF-8"})
            self.assertEqual(ran.stderr, "", page)

    def test_the_configurations_page_has_every_key_with_its_meaning(self):
        page = (Path(PAGES) / "wattledger.yaml.5").read_text(encoding="utf-8").replace("\\-", "-")
        rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", Path(KEYS).read_text(encoding="utf-8"), re.M)
        self.assertGreater(len(rows), 100)
        for key, meaning in rows:
            self.assertIn(f"\n\\fB{key}\\fR", page)
            first = re.split(r"[`\[|]", meaning.replace("\\", "\\e"))[0].strip()
            self.assertIn(first, page, key)
        self.assertNotIn("](", page)
        self.assertEqual(page.count(".TP"), len(rows))

    def completed(self, name, *words):
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _' + name + '; printf "%s\\n" "${COMPREPLY[@]}"'
        return output("bash", "--norc", "-c", script, "bash", Path(PAGES) / f"{name}.bash", name, *words).split()

    def test_bash_offers_every_verb_and_option(self):
        for name, commands in self.commands.items():
            for path, options in commands:
                with self.subTest(command=f"{name} {' '.join(path)}"):
                    offered = self.completed(name, *path, "")
                    for option in options:
                        self.assertIn(option, offered)
                    if path:
                        self.assertIn(path[-1], self.completed(name, *path[:-1], path[-1][:-1]))

    def test_bash_offers_words_and_directories_where_an_option_takes_them(self):
        self.assertEqual(self.completed("wattledger", "audit", "list", "--format", "j"), ["json"])
        self.assertEqual(self.completed("wattledger", "--language", "p"), ["pl"])
        self.assertEqual(self.completed("wattledger", "backup", "create", "--to", "/et"), ["/etc"])
        self.assertEqual(self.completed("wattledger", "page", "fi"), ["fish"])
        self.assertEqual(self.completed("wattledger", "backup", "cr"), ["create"])
        self.assertEqual(self.completed("wattledgerd", "--page", "z"), ["zsh"])

    def test_zsh_and_fish_are_told_of_every_verb_and_option(self):
        for name, commands in self.commands.items():
            zsh = (Path(PAGES) / f"{name}.zsh").read_text(encoding="utf-8")
            fish = (Path(PAGES) / f"{name}.fish").read_text(encoding="utf-8")
            for path, options in commands:
                at = " ".join([name, *path])
                with self.subTest(command=at):
                    here = zsh.split(f"\n    ('{at}')\n")[1].split("\n      ;;\n")[0] + (zsh if not path else "")
                    condition = f"-n '__{name}_at \"{at}\"'" if path else f"complete -c {name}"
                    lines = "\n".join(line + " " for line in fish.splitlines() if condition in line)
                    for option in options:
                        if option == "--help" and path:
                            continue  # said once, for all
                        self.assertIn(f"'*{option}[", here)
                        self.assertIn(f" -l {option[2:]} ", lines)
                    if path:
                        self.assertIn(f"-n '__{name}_at \"{' '.join([name, *path[:-1]])}\"' -a {path[-1]} ", fish)

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh_reads_its_completions(self):
        for name in self.commands:
            output("zsh", "-n", Path(PAGES) / f"{name}.zsh")

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish_completes(self):
        def offered(line):
            script = f"source {PAGES}/wattledger.fish; complete -C '{line}'"
            return [each.split("\t")[0] for each in output("fish", "--no-config", "-c", script).splitlines()]
        self.assertEqual(offered("wattledger backup cr"), ["create"])
        self.assertIn("--incremental", offered("wattledger backup create --"))
        self.assertEqual(offered("wattledger page z"), ["zsh"])

    def test_a_page_that_is_none_is_refused(self):
        for program, words in [(TOOL, ["page", "html"]), (DAEMON, ["--page", "html"])]:
            ran = subprocess.run([program, *words], capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 2)
            self.assertRegex(ran.stderr, r'^wattledgerd?: "html" is no page; write man, bash, zsh or fish\n$')


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
