#!/usr/bin/env python3
"""test_package.py BUILD SOURCE: the Debian package is built, installed in a scratch root, its daemon started as the unit says, upgraded
over an older build, removed and purged. The scratch root is this machine's own, seen through an overlay in memory, so that Debian's
real dpkg does it all and nothing of it stays; where that needs rights that are not here, it says so and only looks into the package.
--inside is that root's half, run in its own mount and process namespace."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD, SOURCE = Path(sys.argv[1]), Path(sys.argv[2])
INSIDE = Path(sys.argv[4]) if "--inside" in sys.argv else None
PATIENCE_S = 120  # of a machine that does much else
CONFIGURATION = "etc/wattledger/house.yaml"
STATE = "var/lib/wattledger"
UNITS = ["wattledgerd.service", "wattledger-drill.service", "wattledger-drill.timer"]


def output(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=True, **more).stdout


def make_package(folder):
    """The package, by cpack. Its name says version and architecture."""
    output("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    return next(Path(folder).glob("*.deb"))


def older_package(package, folder):
    """The same with a lower version and another configuration in it: what an owner has before an upgrade."""
    tree = Path(folder) / "older"
    output("dpkg-deb", "-R", package, tree)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 0.0.9", control.read_text(encoding="utf-8")), encoding="utf-8")
    with open(tree / CONFIGURATION, "a", encoding="utf-8") as configuration:
        configuration.write("# as of 0.0.9\n")
    made = Path(folder) / "older.deb"
    output("dpkg-deb", "-Znone", "--root-owner-group", "-b", tree, made)
    return made


def can_overlay():
    """Why there can be no scratch root, or None."""
    if os.geteuid() != 0:
        return "not root"
    script = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay o -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r"
    tried = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"no overlay: {tried.stderr.strip()}"


def unit_settings(text):
    """Key: values of a unit file."""
    found = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", text):
        found.setdefault(key, []).append(value)
    return found


class ScratchRoot:
    """This machine through an overlay whose changes are in memory."""

    def __init__(self):
        place = Path("/mnt")
        output("mount", "-t", "tmpfs", "none", place)
        for name in ["upper", "work", "root"]:
            (place / name).mkdir()
        self.root = place / "root"
        output("mount", "-t", "overlay", "o", "-o", f"lowerdir=/,upperdir={place}/upper,workdir={place}/work", self.root)
        output("mount", "-t", "proc", "none", self.root / "proc")
        output("mount", "--bind", "/dev", self.root / "dev")
        output("mount", "-t", "tmpfs", "none", self.root / "run")  # no systemd runs here

    def dpkg(self, *words):
        ran = subprocess.run(["chroot", self.root, "dpkg", "--force-unsafe-io", *words], capture_output=True, text=True, check=False,
                             stdin=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
        if ran.returncode != 0:
            raise AssertionError(ran.stdout + ran.stderr)
        return ran.stdout + ran.stderr

    def install(self, package, *words):
        shutil.copy(package, self.root / "tmp/it.deb")
        return self.dpkg(*words, "-i", "/tmp/it.deb")

    def read(self, name):
        return (self.root / name).read_text(encoding="utf-8")


class Service:
    """What systemd does with the unit, as far as a process sees it: command, user, directories, notify socket."""

    def __init__(self, scratch, name="wattledgerd"):
        self.scratch = scratch
        unit = unit_settings(scratch.read(f"lib/systemd/system/{name}.service"))
        self.command = shlex.split(unit["ExecStart"][0])
        owner = re.search(rf"(?m)^{unit['User'][0]}:x:(\d+):(\d+):", scratch.read("etc/passwd"))
        self.uid, self.gid = int(owner[1]), int(owner[2])
        self.umask, self.directory = int(unit["UMask"][0], 8), unit["WorkingDirectory"][0]
        self.process = None

    def become(self):
        os.chroot(self.scratch.root)
        os.chdir(self.directory)
        os.umask(self.umask)
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)

    def run(self, *words):
        return subprocess.run(words, preexec_fn=self.become, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})

    def start(self):
        """Until the daemon says that it is ready."""
        notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notified.bind(str(self.scratch.root / "run/notify"))
        os.chmod(self.scratch.root / "run/notify", 0o777)
        notified.settimeout(PATIENCE_S)
        self.process = subprocess.Popen(self.command, preexec_fn=self.become, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        env={"PATH": "/usr/bin:/bin", "NOTIFY_SOCKET": "/run/notify"})
        said = ""
        while "READY=1" not in said:
            said = notified.recv(4096).decode()
        notified.close()
        (self.scratch.root / "run/notify").unlink()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


@contextlib.contextmanager
def simulated_inverter(tool):
    """Its port. It lives outside the root, as an inverter does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([tool, "inverter", "simulate", "--listen", f"127.0.0.1:{port}"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as inverter:
        inverter.stdout.readline()
        try:
            yield port
        finally:
            inverter.kill()


class Contents(unittest.TestCase):
    """What can be seen without installing."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="packaging-")
        cls.package = make_package(cls.folder.name)
        cls.listing = [line.split(None, 5) for line in output("dpkg-deb", "-c", cls.package).splitlines()]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_files_are_roots_and_readable_and_only_programs_run(self):
        programs = {"./usr/bin/wattledger", "./usr/bin/wattledgerd"}
        self.assertLessEqual(programs, {name for *_, name in self.listing})
        for mode, owner, _, _, _, name in self.listing:
            wanted = "drwxr-xr-x" if name.endswith("/") else "-rwxr-xr-x" if name in programs else "-rw-r--r--"
            self.assertEqual((mode, owner), (wanted, "root/root"), name)

    def test_it_depends_on_the_libraries_that_the_programs_need(self):
        depends = output("dpkg-deb", "-f", self.package, "Depends")
        for library in ["libc6", "liblmdb0", "libsqlite3-0", "libmodbus5", "libyaml-cpp0.7", "libsodium23"]:
            self.assertRegex(depends, rf"\b{re.escape(library)} \(>= ")
        self.assertIn("adduser", depends)

    def test_the_configuration_is_the_owners_and_holds(self):
        self.assertEqual(output("dpkg-deb", "-I", self.package, "conffiles"), f"/{CONFIGURATION}\n")
        tree = Path(self.folder.name) / "tree"
        output("dpkg-deb", "-x", self.package, tree)
        text = (tree / CONFIGURATION).read_text(encoding="utf-8")
        self.assertIn(f"\ndata: /{STATE}\n", text)
        self.assertIn("\n  mode: advise", text)
        ran = subprocess.run([tree / "usr/bin/wattledger", "config", "check", tree / CONFIGURATION], capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
    def test_systemd_understands_the_units(self):
        units = [Path(self.folder.name) / name for name in UNITS]
        for unit in units:
            text = (SOURCE / "coordinator/packaging" / unit.name).read_text(encoding="utf-8")
            text = re.sub(r"/usr/bin/wattledgerd?\b", "/bin/true", re.sub(r"(?m)^Documentation=.*\n", "", text))
            unit.write_text(text, encoding="utf-8")
        ran = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
        later = r"Unknown key '(RestartSteps|RestartMaxDelaySec)'"  # systemd 254
        self.assertEqual([line for line in ran.stderr.splitlines() if re.search("wattledger", line) and not re.search(later, line)], [])
        for unit in units:
            if unit.suffix == ".service":
                ran = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=25", unit], capture_output=True, text=True, check=False)
                self.assertEqual(ran.returncode, 0, ran.stdout[-300:])

    @unittest.skipUnless(shutil.which("lintian"), "no lintian here")
    def test_lintian_finds_nothing_wrong(self):
        ran = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", self.package], capture_output=True, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stdout), (0, ""), ran.stderr)

    def test_installed_started_upgraded_and_purged_in_a_scratch_root(self):
        why_not = can_overlay()
        if why_not:
            self.skipTest(f"no scratch root can be made here ({why_not})")
        older_package(self.package, self.folder.name)
        ran = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", sys.executable, "-B", __file__, *sys.argv[1:3],
                              "--inside", self.folder.name], capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)


class Life(unittest.TestCase):
    """One owner's story, in order."""

    def configure(self, scratch, port):
        file = scratch.root / CONFIGURATION
        text = file.read_text(encoding="utf-8")
        for key, value in [("host", "127.0.0.1"), ("port", str(port)), ("require_sync", "false"), ("poll_s", "1"), ("record_s", "1")]:
            text, count = re.subn(rf"(?m)^(  {key}:) \S+", rf"\1 {value}", text)
            self.assertEqual(count, 1, key)
        file.write_text(text, encoding="utf-8")
        return text

    def live(self, scratch):
        """Starts as the unit says, asks, stops; the log's identity and length."""
        service = Service(scratch)
        service.start()
        asked = service.run("wattledger", "--config", f"/{CONFIGURATION}", "--format", "json", "reload")
        code, said = service.stop()
        self.assertEqual(asked.returncode, 0, asked.stderr + said)  # the daemon itself has answered
        self.assertEqual(code, 0, said)
        stat = service.run("wattledger", "--data", f"/{STATE}", "--format", "json", "log", "stat")
        self.assertEqual(stat.returncode, 0, stat.stderr)
        log = json.loads(stat.stdout)
        self.assertIn("CoordinatorStopped", log["kinds"])
        return log["uuid"], log["head"]

    def drill(self, scratch):
        """As the timer's unit says, beside a daemon that runs; it is recorded."""
        service, drill = Service(scratch), Service(scratch, "wattledger-drill")
        service.start()
        made = service.run("wattledger", "--config", f"/{CONFIGURATION}", "backup", "create")
        ran = drill.run(*drill.command)
        _, said = service.stop()
        self.assertEqual(made.returncode, 0, made.stderr + said)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr + said)
        recorded = service.run("wattledger", "--data", f"/{STATE}", "log", "cat", "--kind", "BackupDrilled").stdout
        self.assertEqual(len(recorded.splitlines()), 1, recorded)

    def first_installation(self, scratch, package):
        said = scratch.install(package)
        self.assertIn("systemctl enable --now wattledgerd", said)
        self.assertRegex(scratch.read("etc/passwd"), r"(?m)^wattledger:x:\d+:\d+::/var/lib/wattledger:/usr/sbin/nologin$")
        for directory in [STATE, "etc/wattledger"]:
            self.assertEqual((scratch.root / directory).stat().st_mode & 0o777, 0o750, directory)

    def upgrade(self, scratch, package, owners):
        said = scratch.install(package, "--force-confold")
        self.assertEqual(scratch.read(CONFIGURATION), owners)
        self.assertNotIn("# as of 0.0.9", scratch.read(f"{CONFIGURATION}.dpkg-dist"))
        self.assertNotIn("systemctl enable", said)

    def test_a_house_from_its_first_installation_to_its_last_day(self):
        scratch = ScratchRoot()
        newer, older = next(INSIDE.glob("wattledger_*.deb")), INSIDE / "older.deb"
        self.first_installation(scratch, older)
        with simulated_inverter(scratch.root / "usr/bin/wattledger") as port:
            owners = self.configure(scratch, port)
            uuid, head = self.live(scratch)
            self.upgrade(scratch, newer, owners)
            again, further = self.live(scratch)
            self.assertEqual(again, uuid)
            self.assertGreater(further, head)
            self.drill(scratch)

            scratch.dpkg("-r", "wattledger")
            self.assertFalse((scratch.root / "usr/bin/wattledgerd").exists())
            self.assertEqual(scratch.read(CONFIGURATION), owners)
            self.assertTrue((scratch.root / STATE / "logs").exists())

            said = scratch.dpkg("-P", "wattledger")
            self.assertIn(f"is kept in /{STATE}", said)
            self.assertFalse((scratch.root / CONFIGURATION).exists())
            left = {file.name for file in (scratch.root / STATE).iterdir()}
            self.assertLessEqual({"log", "keys"}, left)
            self.assertFalse(left & {"logs", "cache", "staging", "control.sock", "health.json"}, left)

            scratch.install(newer)
            self.configure(scratch, port)
            uuid_after, last = self.live(scratch)
            self.assertEqual(uuid_after, uuid)
            self.assertGreater(last, further)

    def test_what_holds_nothing_goes_whole(self):
        scratch = ScratchRoot()
        scratch.install(next(INSIDE.glob("wattledger_*.deb")))
        self.assertNotIn("is kept", scratch.dpkg("-P", "wattledger"))
        self.assertFalse((scratch.root / STATE).exists())
        self.assertFalse((scratch.root / "etc/wattledger").exists())


if __name__ == "__main__":
    signal.alarm(4 * PATIENCE_S)  # what hangs is a failure, not a wait
    unittest.main(argv=sys.argv[:1], verbosity=2, defaultTest="Life" if INSIDE else "Contents")
